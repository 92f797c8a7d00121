#ifndef GV_SELF_H
#define GV_SELF_H
/*
 * What others may see of this process.
 *
 *	gv_self_seclude();
 */

/* From here on this process leaves no core dump, whichever way the system makes
 * them, and no other process of the user can read its memory or environment;
 * what it starts is as before. What a file of the user holds may be secret
 * before anybody knows, so a program does this first of all. A build with a
 * sanitizer of addresses stays as it is, which looks for leaks from outside. */
void gv_self_seclude(void);

#endif
