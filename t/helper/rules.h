#ifndef RULES_H
#define RULES_H
/*
 * The rules of the scanner as they lie in files, for tests and their tools.
 *
 *	r = rules_load(&rules, NULL);
 *	…
 *	gv_rule_release(&rules);
 */

struct gv_rules;

/* Read all files of a directory, by name; NULL is share/git-vault/rules of the
 * sources (GIT_VAULT_SRC_DIR, or where we stand). 0; GV_ENOTFOUND where there
 * are none, else what reading one returned. */
int rules_load(struct gv_rules *rules, const char *dir);

#endif
