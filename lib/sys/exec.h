#ifndef GV_EXEC_H
#define GV_EXEC_H
/*
 * Another program in our place or on our terminal: it has our stdin, stdout
 * and stderr. To read what a program says, see sys/proc.h.
 *
 *	return gv_exec_replace((const char *[]){ "man", page, NULL });
 */

#include <spawn.h>
#include <stdbool.h>
#include <sys/types.h>

/* posix_spawnp(3) of argv[0], with its results; NULL for `env` is our own. All
 * of lib/ starts its programs by this function. */
int gv_exec_spawn(pid_t *pid, const char *const *argv,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const *env);

/* From here to gv_exec_go() no program starts by gv_exec_spawn(). errno stays.
 * Threads start programs next to each other. Where a pipe or a socket cannot be
 * hidden from them by the call that makes it, none starts until it is hidden:
 * the program would hold another's pipe open, and its reader would wait for
 * ever. */
void gv_exec_hold(void);
void gv_exec_go(void);

/* Become that program ([0] is sought in PATH). Returns only on failure:
 * GV_ENOTFOUND where there is none, else GV_ERROR. */
int gv_exec_replace(const char *const *argv);

/* Run it and wait. 0 with its exit status (128 + the signal's number where
 * one ended it) in *status, GV_ENOTFOUND or GV_ERROR. */
int gv_exec_wait(int *status, const char *const *argv);

/* Start it apart from us: in a session of its own, without a terminal, with
 * what it says appended to the file `log` (replaced where that has grown
 * beyond 256 KiB). Nobody waits for it, unless `pid` is given: then the caller
 * asks gv_exec_is_over() until it is, or calls gv_exec_end(). 0, GV_ENOTFOUND
 * or GV_ERROR, with *pid 0. */
int gv_exec_detach(const char *const *argv, const char *log, pid_t *pid);

/* Whether it has ended; from then on nothing is to be asked of it. */
bool gv_exec_is_over(pid_t pid);

/* Ask it to end, by SIGTERM, and wait until it has. */
void gv_exec_end(pid_t pid);

/* Step back behind every other process, for processor and disk as far as the
 * system knows the notion, and those that we start as well. */
void gv_exec_yield(void);

/* Make `dir` the current directory of this process and those it starts. 0,
 * GV_ENOTFOUND or GV_ERROR. */
int gv_exec_chdir(const char *dir);

#endif
