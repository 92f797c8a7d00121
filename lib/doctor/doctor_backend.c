#include <string.h>

#include "base/err.h"
#include "doctor/doctor_internal.h"
#include "key/backend.h"
#include "key/backend_ref.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "safe/safe.h"
#include "safe/safe_migrated.h"
#include "safe/safe_scopes.h"
#include "vault/ledger.h"

/* Vaults of others: those that scopes are kept in, and those that references
 * name. */

static bool
is_used(const struct gv_policy *policy, const struct gv_policy_vault *vault)
{
	const struct gv_policy_vaults *v = &policy->vaults;
	size_t i;

	for (i = 0; i < v->n_scopes; i++)
		if (v->scopes[i].vault == vault &&
		    v->scopes[i].keep != GV_POLICY_IN_GIT)
			return true;
	return false;
}

static int
check_health(struct gv_doctor *d, const struct gv_policy_vault *vault)
{
	struct gv_backend *b = NULL;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_backend_open(&b, vault);

	if (r == 0)
		r = gv_backend_health(b, &text);
	gv_backend_close(b);
	gv_buf_release(&text);
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "vault_unreached", NULL,
	    "the vault %s, where the policy stores secrets, cannot be used "
	    "here: %s",
	    vault->name, gv_err_message());
}

struct unknown {
	const struct gv_policy *policy;
	struct gv_odb *odb;
	unsigned long values;
	char first[GV_BACKEND_REF_TEXT];
};

static int
look_at_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct unknown *u = ctx;
	struct gv_object obj = { 0 };
	struct gv_backend_ref ref;
	int r;

	if (e->mode == GV_MODE_DIR)
		return len == 2 ? 0 : 1;
	if (len < 4 || strcmp(path + len - 4, ".ref") != 0)
		return 0;
	if ((r = gv_odb_read_type(u->odb, &obj, &e->oid, GV_OTYPE_BLOB)) == 0)
		r = gv_backend_ref_parse(&ref, obj.data, obj.len);
	gv_object_release(&obj);
	if (r == 0 && gv_policy_vault(u->policy, ref.vault) == NULL &&
	    u->values++ == 0)
		memcpy(u->first, ref.vault, sizeof(u->first));
	/* what is damaged is for verify to tell */
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

static int
check_references(struct gv_doctor *d, const struct gv_policy *policy)
{
	struct unknown u = { .policy = policy };
	struct gv_refs refs = { 0 };
	struct gv_ledger ledger;
	size_t i;
	int r = gv_repo_odb(d->repo, &u.odb);

	if (r == 0)
		r = gv_ref_list(&refs, d->repo, GV_REFS_SECRETS);
	for (i = 0; r == 0 && i < refs.n; i++) {
		if ((r = gv_ledger_load(&ledger, u.odb, &refs.refs[i].oid)) ==
		    0)
			r = gv_tree_walk_mend(
			    u.odb, &ledger.tree, look_at_entry, &u);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = 0;
	}
	gv_refs_release(&refs);
	if (r < 0 || u.values == 0)
		return r;
	return gv_doctor_add(d, GV_DOCTOR_WARNING, "vault_unknown", NULL,
	    "%lu secret%s stored in a vault that the policy does not name, "
	    "such as %.64s: no restore gets %s until .gitvault.yaml names that "
	    "vault again (git-vault-policy(5))",
	    u.values, u.values == 1 ? " is" : "s are", u.first,
	    u.values == 1 ? "it" : "them");
}

struct astray {
	unsigned long values;
	const char *first, *scope;
};

static int
note_astray(void *ctx, const struct gv_digest *id)
{
	struct astray *a = ctx;

	(void)id;
	if (a->values++ == 0)
		a->first = a->scope;
	return 0;
}

/* Values that a vault was not given when they were sealed, or that the policy
 * keeps elsewhere by now. Nothing is opened, and nobody asked. */
static int
check_places(struct gv_doctor *d)
{
	const struct gv_safe_opts opts = { .now = d->opts->now };
	struct astray a = { .values = 0 };
	const char *const *names = NULL;
	struct gv_safe *safe = NULL;
	size_t i, n = 0;
	int r = gv_safe_open(&safe, d->repo, &opts);

	/* that it is refused is reported with the keyring */
	if (r == GV_EREFUSED || r == GV_ECORRUPT)
		return 0;
	if (r == 0)
		r = gv_safe_scopes(&names, &n, safe);
	for (i = 0; r == 0 && i < n; i++) {
		a.scope = names[i];
		r = gv_safe_each_astray(safe, a.scope, note_astray, &a);
		/* one that is damaged is for verify to tell */
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = 0;
	}
	if (r == 0 && a.values)
		r = gv_doctor_add(d, GV_DOCTOR_WARNING, "values_astray",
		    "git vault secret migrate",
		    "%lu secret%s stored elsewhere than the policy says, such "
		    "as of %s: a vault could not be reached when %s encrypted, "
		    "or the policy changed",
		    a.values, a.values == 1 ? " is kept" : "s are kept",
		    a.first, a.values == 1 ? "it was" : "they were");
	gv_safe_close(safe);
	return r;
}

int
gv_doctor_backends(struct gv_doctor *d)
{
	struct gv_policy policy;
	size_t i;
	int r = gv_team_load(&policy, d->repo);

	if (r == 0)
		r = check_places(d);
	/* a policy that cannot be read is reported by all that need it */
	if (r == GV_EREFUSED)
		r = 0;
	for (i = 0; r == 0 && i < policy.vaults.n; i++)
		if (is_used(&policy, &policy.vaults.all[i]))
			r = check_health(d, &policy.vaults.all[i]);
	if (r == 0)
		r = check_references(d, &policy);
	gv_policy_release(&policy);
	return r;
}
