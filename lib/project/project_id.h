#ifndef GV_PROJECT_ID_H
#define GV_PROJECT_ID_H
/*
 * The id of a working tree's vault, by which a folder that was moved or renamed
 * is known again: 32 hexadecimal digits in .git/vault/project. It is random, it
 * is no secret, and it never leaves the clone.
 *
 *	if (gv_project_id_read(id, "/home/a/shop"))
 *		…
 */

#include <stdbool.h>

#define GV_PROJECT_ID_MAX 33 /* with the NUL */

/* The id of the repository at the top of a folder, or of a bare one that the
 * folder is; by its files alone, without git. False where there is none. */
bool gv_project_id_read(char out[GV_PROJECT_ID_MAX], const char *dir);

/* The same; of a vault without an id that has saved something, what tells its
 * folder from all others on this machine, also where it was moved. */
bool gv_project_id_saved(char out[GV_PROJECT_ID_MAX], const char *dir);

/* The id that a git directory has. */
bool gv_project_id_of(char out[GV_PROJECT_ID_MAX], const char *git_dir);

/* Give a git directory a new id, in place of any that it has. 0; GV_ERROR. */
int gv_project_id_make(char out[GV_PROJECT_ID_MAX], const char *git_dir);

#endif
