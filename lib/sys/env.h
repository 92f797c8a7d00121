#ifndef GV_ENV_H
#define GV_ENV_H
/*
 * The environment: variables and the user's folders.
 *
 *	r = gv_env_expand(&path, "~/ignore");
 *	r = gv_env_config_file(&path, "git/ignore");
 */

#include <stdbool.h>

struct gv_buf;

/* The value of a variable, NULL where it is not set or empty. Borrowed. */
const char *gv_env_get(const char *name);

/* Whether a variable is set, be it to nothing. */
bool gv_env_is_set(const char *name);

/* Set a variable for us and for programs that we start from now on; NULL takes
 * it away. Not while other threads run. 0 or GV_ENOMEM. */
int gv_env_set(const char *name, const char *value);

/* Append a path with a leading "~/" or "~user/" replaced, as Git does. 0, or
 * GV_ENOTFOUND where there is no such home. */
int gv_env_expand(struct gv_buf *out, const char *path);

/* Append the path of a file in $XDG_CONFIG_HOME (or ~/.config). 0, or
 * GV_ENOTFOUND where there is no home. */
int gv_env_config_file(struct gv_buf *out, const char *name);

/* The name of this host ("localhost" where it has none), at most `size`. */
void gv_env_host(char *out, unsigned long size);

/* The name of this process's user (its number where it has none), at most
 * `size`. */
void gv_env_user(char *out, unsigned long size);

#endif
