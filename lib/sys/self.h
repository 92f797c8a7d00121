#ifndef GV_SELF_H
#define GV_SELF_H
/*
 * This process: what others may see of it, and which program it is.
 *
 *	gv_self_seclude();
 *	gv_self_started(argv[0]);
 *	r = gv_self_path(&path);
 */

#include <stdbool.h>

struct gv_buf;

/* From here on this process leaves no core dump, whichever way the system makes
 * them, and no other process of the user can read its memory or environment;
 * what it starts is as before. What a file of the user holds may be secret
 * before anybody knows, so a program does this first of all. A build with a
 * sanitizer of addresses stays as it is, which looks for leaks from outside. */
void gv_self_seclude(void);

/* Where the system does not tell which file this process runs, keep what it was
 * started as: `name` is argv[0], and counts if it has a slash. To be called
 * before the process changes its folder. */
void gv_self_started(const char *name);

/* Append an absolute path of this program: as PATH has it, since that stays
 * when the program behind it is replaced by a newer one, else the file itself.
 * 0; GV_ENOTFOUND where the system does not tell; GV_ENOMEM. */
int gv_self_path(struct gv_buf *out);

/* Append the path of the file behind that, without symbolic links: what is
 * installed with it is beside it. As gv_self_path(). */
int gv_self_file(struct gv_buf *out);

/* Append what distinguishes the program that runs from every other build of
 * it, for what only this one may read again. 0; GV_ENOTFOUND without a message
 * where the system does not tell; GV_ENOMEM. */
int gv_self_stamp(struct gv_buf *out);

/* The number of this process. */
long gv_self_pid(void);

/* Whether this machine runs on its battery; no, where the system does not tell.
 */
bool gv_self_is_on_battery(void);

#endif
