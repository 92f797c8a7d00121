#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_check.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "remote/remote_ref.h"
#include "remote/verify_remote.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* ---- what the remote has ---- */

/* Names come from the remote, and become names of files here. */
static int
take(struct gv_audit_check *check, const struct gv_verify_remote_ref *ref,
    const char *host)
{
	struct gv_audit_chain *chain;

	if (!gv_audit_end_is_host(host) ||
	    ref->state == GV_VERIFY_REMOTE_MISSING)
		return 0;
	chain = gv_audit_check_chain(check, host);
	if (chain == NULL)
		return GV_ENOMEM;
	chain->theirs = ref->theirs;
	return 0;
}

int
gv_audit_check_ask(struct gv_audit_check *check, struct gv_repo *repo,
    const struct gv_audit_check_opts *opts)
{
	struct gv_verify_remote v = { 0 };
	const char **missing = NULL;
	struct gv_odb *odb;
	size_t i, n = 0;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_verify_remote_ask(&v, repo, opts->remote)) < 0)
		goto out;
	missing = calloc(v.n + 1, sizeof(*missing));
	if (missing == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; r == 0 && i < v.n; i++) {
		const char *host = v.refs[i].name + strlen(GV_REFS_AUDIT);

		if (strncmp(v.refs[i].name, GV_REFS_AUDIT,
			strlen(GV_REFS_AUDIT)) != 0 ||
		    (opts->host && strcmp(opts->host, host) != 0))
			continue;
		r = take(check, &v.refs[i], host);
		if (!gv_oid_is_zero(&v.refs[i].theirs) &&
		    gv_audit_end_is_host(host) &&
		    !gv_odb_has(odb, &v.refs[i].theirs))
			missing[n++] = v.refs[i].name;
	}
	if (r < 0)
		goto out;
	if (n &&
	    (r = gv_remote_ref_fetch(
		 repo, opts->remote, opts->remote, missing)) < 0)
		goto out;
	if (n)
		r = gv_odb_refresh(odb);
out:
	free(missing);
	gv_verify_remote_release(&v);
	return r;
}

/* ---- held against each other ---- */

static bool
is_own(const struct gv_audit_chain *chain, const struct gv_repo *repo)
{
	struct gv_buf ref = GV_BUF_INIT;
	bool own;

	gv_audit_ref(&ref, repo);
	own = gv_buf_check(&ref) == 0 &&
	    strcmp(ref.p + strlen(GV_REFS_AUDIT), chain->host) == 0;
	gv_buf_release(&ref);
	return own;
}

/* It had an end once: 1 where it has it no more, as was told then. */
static int
check_seen(struct gv_audit_check *check, struct gv_audit_chain *chain,
    struct gv_repo *repo, const char *remote)
{
	struct gv_oid seen;
	uint64_t n;
	int r;

	/* no host has such a name, so no end of it is kept; who may push can
	 * make one */
	if (!gv_audit_end_is_host(chain->host))
		return gv_audit_check_note(
		    check, chain, "no host has such a name");
	r = gv_audit_end_load(&seen, repo, remote, chain->host);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r == GV_ECORRUPT)
		return gv_audit_check_note(
		    check, chain, "%s", gv_err_message());
	if (r < 0)
		return r;
	if (gv_oid_is_zero(&chain->theirs)) {
		r = gv_audit_check_fault(check, chain, "remote", &seen,
		    "the remote '%s' had the chain, up to this event, and has "
		    "it no more",
		    remote);
		return r < 0 ? r : 1;
	}
	r = gv_audit_check_reach(&n, repo, &chain->theirs, &seen);
	if (r != 0 && r != GV_ECORRUPT)
		return r < 0 ? r : 0;
	r = gv_audit_check_fault(check, chain, "remote", &seen,
	    "the remote '%s' had the chain up to this event, and has lost or "
	    "rewritten it",
	    remote);
	return r < 0 ? r : 1;
}

/* Both have it, and not up to the same event. */
static int
compare(struct gv_audit_check *check, struct gv_audit_chain *chain,
    struct gv_repo *repo, const char *remote)
{
	uint64_t n;
	int r = gv_audit_check_reach(&n, repo, &chain->tip, &chain->theirs);

	if (r > 0)
		return gv_audit_check_note(check, chain,
		    "the remote '%s' does not have the last %llu of them yet",
		    remote, (unsigned long long)n);
	if (r < 0 && r != GV_ECORRUPT)
		return r;
	r = gv_audit_check_reach(&n, repo, &chain->theirs, &chain->tip);
	if (r > 0 && is_own(chain, repo))
		return gv_audit_check_fault(check, chain, "end", &chain->theirs,
		    "the remote '%s' has %llu event%s more of this very host, "
		    "up to this one: they were cut off here",
		    remote, (unsigned long long)n, n == 1 ? "" : "s");
	if (r > 0)
		return gv_audit_check_note(check, chain,
		    "the remote '%s' has %llu event%s more", remote,
		    (unsigned long long)n, n == 1 ? "" : "s");
	if (r == GV_ECORRUPT)
		return gv_audit_check_fault(check, chain, "remote",
		    &chain->theirs, "the copy on the remote '%s': %s", remote,
		    gv_err_message());
	return r < 0
	    ? r
	    : gv_audit_check_fault(check, chain, "remote", &chain->theirs,
		  "neither this chain nor that on the remote '%s', with this "
		  "end, continues the other: one of them was rewritten",
		  remote);
}

int
gv_audit_check_compare(struct gv_audit_check *check,
    struct gv_audit_chain *chain, struct gv_repo *repo, const char *remote)
{
	int r = check_seen(check, chain, repo, remote);

	if (r != 0)
		return r < 0 ? r : 0;
	if (gv_oid_is_zero(&chain->theirs))
		return gv_audit_check_note(
		    check, chain, "the remote '%s' does not have it", remote);
	if (gv_oid_is_zero(&chain->tip))
		return is_own(chain, repo)
		    ? gv_audit_check_fault(check, chain, "end", &chain->theirs,
			  "the remote '%s' has this chain of this host, but "
			  "here it is missing",
			  remote)
		    : gv_audit_check_note(
			  check, chain, "only the remote '%s' has it", remote);
	return gv_oid_equal(&chain->tip, &chain->theirs)
	    ? 0
	    : compare(check, chain, repo, remote);
}

void
gv_audit_check_keep(const struct gv_audit_chain *chain,
    const struct gv_repo *repo, const char *remote)
{
	if (!gv_oid_is_zero(&chain->theirs) &&
	    gv_audit_end_is_host(chain->host))
		gv_audit_end_save(repo, remote, chain->host, &chain->theirs);
}
