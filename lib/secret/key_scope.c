#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "config/policy.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "safe/safe_internal.h"
#include "safe/safe_scopes.h"
#include "secret/key.h"
#include "state/track.h"

/*
 * Refuses an unknown scope, unless the user asks for a new one. A misspelt
 * scope would be created as a new one: nothing would be encrypted for it, and
 * the new reader would not get access to the scope that was meant.
 */

struct search {
	const char *wanted;
	bool is_known;
	struct gv_near near;
	struct gv_buf nearest; /* its name */
};

static void
consider(struct search *s, const char *name, size_t len)
{
	s->is_known = s->is_known ||
	    (len == strlen(s->wanted) && memcmp(name, s->wanted, len) == 0);
	if (gv_near_add(&s->near, name, len)) {
		gv_buf_reset(&s->nearest);
		gv_buf_add(&s->nearest, name, len);
	}
}

/* Environments with states count, even without values. */
static int
consider_refs(struct search *s, const struct gv_safe *safe)
{
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, safe->repo, GV_REFS_STATES);

	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *env = refs.refs[i].name + strlen(GV_REFS_STATES);

		consider(s, env, strcspn(env, "/"));
	}
	gv_refs_release(&refs);
	return r;
}

/* A policy that cannot be read names no scope. */
static void
consider_policy(struct search *s, struct gv_safe *safe)
{
	const struct gv_policy *p = &safe->policy;
	char *before = gv_err_save();
	size_t i;

	if (gv_safe_read_policy(safe) == 0) {
		for (i = 0; i < p->vaults.n_scopes; i++)
			consider(s, p->vaults.scopes[i].name,
			    strlen(p->vaults.scopes[i].name));
		for (i = 0; i < p->secrets.n_scopes; i++)
			consider(s, p->secrets.scopes[i].scope,
			    strlen(p->secrets.scopes[i].scope));
	}
	gv_err_restore(before);
}

static int
consider_all(struct search *s, struct gv_safe *safe)
{
	const struct gv_keyring *k = &safe->kept.keyring;
	const char *const *sealed;
	size_t i, n = 0;
	int r = gv_safe_scopes(&sealed, &n, safe);

	for (i = 0; i < k->n_scopes; i++)
		consider(s, k->scopes[i], strlen(k->scopes[i]));
	for (i = 0; r == 0 && i < n; i++)
		consider(s, sealed[i], strlen(sealed[i]));
	if (r == 0 && (r = consider_refs(s, safe)) == 0)
		consider_policy(s, safe);
	return r;
}

static int
refuse(const struct search *s)
{
	if (gv_buf_check(&s->nearest) < 0)
		return GV_ENOMEM;
	if (s->nearest.len)
		return gv_err(GV_EUSAGE,
		    "unknown scope '%s'; did you mean '%s'? To create '%s', "
		    "add --new-scope",
		    s->wanted, s->nearest.p, s->wanted);
	return gv_err(GV_EUSAGE,
	    "unknown scope '%s': nothing is encrypted for it; to create it, "
	    "add --new-scope",
	    s->wanted);
}

int
gv_key_check_scopes(struct gv_safe *safe, const char *const *scopes, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		struct search s = { .wanted = scopes[i],
			.near = gv_near_to(scopes[i], strlen(scopes[i])),
			.nearest = GV_BUF_INIT };

		if ((r = consider_all(&s, safe)) == 0 && !s.is_known)
			r = refuse(&s);
		gv_buf_release(&s.nearest);
	}
	return r;
}
