#ifndef GV_EXEC_H
#define GV_EXEC_H
/*
 * Another program in our place or on our terminal: it has our stdin, stdout
 * and stderr. To read what a program says, see sys/proc.h.
 *
 *	return gv_exec_replace((const char *[]){ "man", page, NULL });
 */

/* Become that program ([0] is sought in PATH). Returns only on failure:
 * GV_ENOTFOUND where there is none, else GV_ERROR. */
int gv_exec_replace(const char *const *argv);

/* Run it and wait. 0 with its exit status (128 + the signal's number where
 * one ended it) in *status, GV_ENOTFOUND or GV_ERROR. */
int gv_exec_wait(int *status, const char *const *argv);

/* Make `dir` the current directory of this process and those it starts. 0,
 * GV_ENOTFOUND or GV_ERROR. */
int gv_exec_chdir(const char *dir);

#endif
