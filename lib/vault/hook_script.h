#ifndef GV_HOOK_SCRIPT_H
#define GV_HOOK_SCRIPT_H
/*
 * The hook scripts that git-vault writes, told apart from those of the user.
 *
 *	if (gv_hook_is_ours(dir, "pre-commit"))
 */

#include <stdbool.h>
#include <stddef.h>

#define GV_HOOK_MAX ((size_t)1024 * 1024) /* bytes of a hook that is read */

/* Whether the file of that name in an open folder is a hook that git-vault
 * made. */
bool gv_hook_is_ours(int dir, const char *name);

#endif
