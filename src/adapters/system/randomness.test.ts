import { describeRandomness } from '../../ports/randomness/contract.ts';
import { systemRandomness } from './randomness.ts';

describeRandomness('the system', () => systemRandomness);
