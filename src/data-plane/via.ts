/** What a gateway adds to Via (RFC 9110, section 7.6.3), and knows itself by. */
export const OUR_VIA = '1.1 turnout';
