/** Over the controller's socket: who uses the command, for the journal. */
export const PERSON_HEADER = 'turnout-person';

/** As the journal names a person; one with another name is `cli`. */
export const PERSON = /^cli:[\w.@+\\-]{1,100}$/;
