#ifndef GV_SETTING_H
#define GV_SETTING_H
/*
 * What we write into git's configuration of this repository, by `git config`:
 * values among several of a key, each at most once. Another git that writes it
 * has it locked for an instant, which is waited for.
 *
 *	r = gv_setting_add("vault.narrowed", "origin");
 */

/* The names of the remotes from which a sync was to fetch only a part of the
 * vault. After the import of a filtered bundle, a word that cannot be a
 * remote's name. */
#define GV_SETTING_NARROWED        "vault.narrowed"
#define GV_SETTING_NARROWED_IMPORT "import:"

/* Add a value to a key unless it has that one. One call of git both looks and
 * adds, under its own lock, so that two of us cannot add it twice. 0, or
 * GV_ELOCKED, or GV_ERROR with git's words. */
int gv_setting_add(const char *key, const char *value);

/* Take a value of a key away, or with NULL all of them; none there is fine. The
 * same results. */
int gv_setting_del(const char *key, const char *value);

#endif
