#include "access/access_doubt.h"

#include <stdlib.h>
#include <string.h>

#include "access/access_who.h"
#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "env/envmap.h"
#include "object/repo_odb.h"
#include "param/param_gives.h"
#include "policy/team.h"
#include "vault/ledger.h"

static bool
has_layer(const struct gv_envmap *map, const struct gv_policy *policy,
    const char *env)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		if (gv_param_gives(policy, env, map->paths[i].p,
			map->paths[i].len) == GV_PARAM_GIVES_ENV)
			return true;
	return false;
}

static int
doubt(struct gv_buf *out, const struct gv_envmap *map,
    const struct gv_policy *policy, const struct gv_policy_access_rule *rule)
{
	const struct gv_envtree_env *meant = NULL;
	char *before;
	int r;

	if (gv_envtree_find(map->tree, rule->env) ||
	    has_layer(map, policy, rule->env))
		return 0;
	if ((r = gv_envtree_word(&meant, map->tree, rule->env)) < 0)
		return r;
	gv_buf_addf(out,
	    "%s:%u: this rule of access protects nothing: ", GV_TEAM_POLICY,
	    rule->line);
	if (meant) {
		gv_buf_addf(out,
		    "no environment is called '%s'; did you mean '%s'?\n",
		    rule->env, meant->name);
		return gv_buf_check(out);
	}
	before = gv_err_save();
	(void)gv_envtree_unknown(map->tree, rule->env);
	gv_buf_addf(out, "%s\n", gv_err_message());
	gv_err_restore(before);
	return gv_buf_check(out);
}

/* ---- names --------------------------------------------------------------- */

static void
add_people(struct gv_buf *out, const struct gv_access_who *who)
{
	size_t i;

	for (i = 0; i < who->n; i++)
		gv_buf_addf(out, "%s%s", i ? ", " : "", who->people[i].name);
	gv_buf_addch(out, '\n');
}

static void
doubt_role(struct gv_buf *out, const struct gv_access_who *who,
    const struct gv_policy_role *role)
{
	size_t i;

	for (i = 0; i < role->people.n; i++) {
		if (gv_access_has_person(
			who->people, who->n, role->people.items[i]))
			continue;
		gv_buf_addf(out,
		    "%s:%u: the keyring has nobody called '%s' (role %s); its "
		    "names are: ",
		    GV_TEAM_POLICY, role->line, role->people.items[i],
		    role->name);
		add_people(out, who);
	}
}

/* An account of a host is hardly called user@host. */
static void
doubt_self(struct gv_buf *out, const struct gv_access_who *who,
    const struct gv_policy_access *access)
{
	size_t i;

	for (i = 0; who->self && i < access->n_accounts; i++)
		if (strcmp(access->accounts[i].name, who->self) == 0)
			return;
	if (who->self == NULL ||
	    (!access->has_accounts && strchr(who->self, '@') == NULL))
		return;
	gv_buf_addf(out,
	    "%s: no account of a host is you, '%s' in the keyring, so rules of "
	    "access may lock you out there; access.accounts maps the account "
	    "to that name\n",
	    GV_TEAM_POLICY, who->self);
}

/* Names of the policy against those of the keyring. */
static int
doubt_names(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_policy_access *access)
{
	struct gv_access_who who;
	size_t i;
	int r;

	if (access->n_rules == 0)
		return 0;
	/* without a keyring nobody has a role, which hooks say */
	if ((r = gv_access_who_load(&who, repo)) == 0 && who.n) {
		for (i = 0; i < access->n_roles; i++)
			doubt_role(out, &who, &access->roles[i]);
		doubt_self(out, &who, access);
		r = gv_buf_check(out);
	}
	gv_access_who_release(&who);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

int
gv_access_doubts(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_oid *commit, const struct gv_policy *policy)
{
	const struct gv_policy_access *access = &policy->access;
	struct gv_envmap *map = NULL;
	struct gv_ledger at;
	struct gv_odb *odb;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < access->n_rules; i++) {
		if (access->rules[i].env == NULL)
			continue;
		if (map == NULL &&
		    ((commit &&
			 ((r = gv_repo_odb(repo, &odb)) < 0 ||
			     (r = gv_ledger_load(&at, odb, commit)) < 0)) ||
			(r = gv_envmap_load_by(&map, repo,
			     commit ? &at.tree : NULL, policy)) < 0))
			break;
		r = doubt(out, map, policy, &access->rules[i]);
	}
	gv_envmap_free(map);
	return r < 0 ? r : doubt_names(out, repo, access);
}
