/** What a gateway calls itself in Via (RFC 9110, section 7.6.3), and knows itself by. */
export const OUR_PSEUDONYM = ' turnout';
