#ifndef GV_CONFIG_H
#define GV_CONFIG_H
/*
 * Git's configuration as git itself reads it (all files, includes,
 * `git -c`, the environment), once per process.
 *
 *	const char *v = gv_config_get(cfg, "core.excludesfile");
 *	if (gv_config_bool(cfg, "core.ignorecase", false)) …
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_config_scope {
	GV_CONFIG_SYSTEM,
	GV_CONFIG_GLOBAL,
	GV_CONFIG_LOCAL,
	GV_CONFIG_WORKTREE,
	GV_CONFIG_COMMAND,
};

struct gv_config_entry {
	enum gv_config_scope scope;
	const char *origin; /* "file:/etc/gitconfig", "command line:"; NULL if
			       the listing has none */
	const char *key;    /* section and name in lower case */
	const char *value;  /* NULL for a key without "=" */
};

struct gv_config {
	struct gv_config_entry *entries; /* in the order git reads them */
	size_t n;
	char *text;  /* what the entries point into */
	bool is_cut; /* without what git-vault does not read and that stands
			outside the repository */
};

/* Read the output of `git config --list -z --show-scope`, with
 * `--show-origin` if `has_origins` (`len` bytes, taken over even on failure;
 * malloc'd, NUL behind them). 0, GV_ECORRUPT or GV_ENOMEM. */
int gv_config_parse(
    struct gv_config *out, char *text, size_t len, bool has_origins);

/* Whether git-vault reads settings of this key's section. What it does not read
 * (http, credential and others) may be a secret, and is never remembered. */
bool gv_config_is_read(const char *key);

/* Free; NULL-safe. */
void gv_config_release(struct gv_config *c);

/* The last value of a key ("" for one without "="), or NULL. Borrowed. */
const char *gv_config_get(const struct gv_config *c, const char *key);

/* Whether there is any key of the section ("hook"). */
bool gv_config_has_section(const struct gv_config *c, const char *section);

/* The value as Git's boolean; `fallback` where it is not set or no boolean.*/
bool gv_config_bool(const struct gv_config *c, const char *key, bool fallback);

/* The value as Git's integer with k, m, g; `fallback` likewise. */
int64_t
gv_config_int(const struct gv_config *c, const char *key, int64_t fallback);

#endif
