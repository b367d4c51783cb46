import type { Chance } from './chance.ts';

const given = [
  'Ada Alma Amir Beatriz Bruno Carmen Chidi Dana Dmitri Elena Esther Farid Grace Hana Hiro Ingrid',
  'Isaac Jamal Joan Kofi Lena Luis Maeve Mina Nadia Omar Priya Quinn Rafael Ruth Samir Sofia Tariq',
  'Abel Bridget Cyrus Delia Emeka Fiona Gideon Hazel Ibrahim June Kenji Lucia Marcus Noor Odette',
  'Paulo Rosalind Silas Tessa Umar Vera Wendell Xenia Yusuf Zora',
].flatMap((line) => line.split(' '));
const family = [
  'Abara Bennett Castillo Delacroix Edwards Fontaine Garza Hashimoto Ivanov Jensen Khan Lindqvist',
  'Moreau Nakamura Okafor Petrov Quiroga Rossi Silva Thompson Underwood Varga Whitfield Zhang',
  'Achterberg Boateng Costello Dragan Eze Farrell Grigoryan Holloway Ibarra Jablonski Kowalczyk',
  'Lacroix Mbeki Novak Oyelaran Pappas Reyes Sandoval Tanaka Ueda Vasquez Winslow Yildiz',
].flatMap((line) => line.split(' '));

/** A name that belongs to nobody in particular. */
export function inventName(chance: Chance): string {
  return `${chance.one(given)} ${chance.one(family)}`;
}

/** `Ada Abara` as `Ada A.`: how names are shown to everybody. */
export function shortName(name: string): string {
  const [first = '', last] = name.split(' ');
  return last === undefined ? first : `${first} ${last.slice(0, 1)}.`;
}
