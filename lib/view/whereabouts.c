#include "view/whereabouts.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "remote/remote.h"
#include "remote/tracked.h"
#include "repo/refs.h"
#include "repo/repo.h"

/* Whether one of its refspecs brings refs to where those of its vault are
 * looked for: any, or its snapshots. */
static bool
fetches(const struct gv_repo *repo, const struct gv_whereabouts_remote *to,
    bool snapshots)
{
	struct gv_buf key = GV_BUF_INIT, beside = GV_BUF_INIT;
	bool yes = false;
	const char *at;
	size_t i;

	gv_buf_addf(&key, "remote.%s.fetch", to->name);
	gv_buf_addf(&beside, ":" GV_REFS_REMOTES "%s/", to->name);
	for (i = 0; gv_buf_check(&key) == 0 && gv_buf_check(&beside) == 0 &&
	     i < repo->config.n && !yes;
	     i++) {
		const struct gv_config_entry *e = &repo->config.entries[i];

		if (e->value == NULL || strcmp(e->key, key.p) != 0)
			continue;
		at = strstr(e->value, beside.p);
		if (at && snapshots)
			at += beside.len;
		yes = at &&
		    (!snapshots || *at == '*' ||
			strncmp(at, "snapshots/", 10) == 0);
	}
	gv_buf_release(&key);
	gv_buf_release(&beside);
	return yes;
}

static int
fill(struct gv_whereabouts_remote *to, struct gv_repo *repo,
    const struct gv_audit_signers *signers, unsigned how)
{
	struct gv_buf prefix = GV_BUF_INIT;
	int r;

	to->prefix =
	    strlen(GV_REFS_REMOTES) + strlen(to->name) + strlen("/snapshots/");
	r = gv_tracked_load(&to->snapshots, repo, to->name);
	to->is_vault = to->snapshots.n || fetches(repo, to, false);
	to->is_known = gv_tracked_is_told(repo, to->name) ||
	    (to->snapshots.n && fetches(repo, to, true));
	gv_buf_addf(&prefix, GV_REFS_REMOTES "%s/server/", to->name);
	if (r == 0 && (r = gv_buf_check(&prefix)) == 0 &&
	    (how & GV_WHEREABOUTS_RECEIPTS))
		r = gv_receipt_chains_load(
		    &to->chains, repo, prefix.p, signers);
	gv_buf_release(&prefix);
	return r;
}

int
gv_whereabouts_load(
    struct gv_whereabouts *out, struct gv_repo *repo, unsigned how)
{
	struct gv_remote remote;
	size_t at = 0;
	int r = 0;

	*out = (struct gv_whereabouts){ .signers = GV_AUDIT_SIGNERS_INIT };
	if (how & GV_WHEREABOUTS_RECEIPTS)
		r = gv_receipt_signers(&out->signers, &repo->config);
	while (r == 0 && gv_remote_next(&remote, &at, &repo->config)) {
		struct gv_whereabouts_remote *to;

		r = GV_GROW(out->remotes, out->n, out->cap);
		if (r < 0)
			break;
		to = &out->remotes[out->n++];
		*to = (struct gv_whereabouts_remote){
			.name = strndup(remote.name, remote.len),
			.chains = { .damaged = GV_BUF_INIT },
		};
		r = to->name ? fill(to, repo, &out->signers, how)
			     : gv_err_nomem();
	}
	return r;
}

bool
gv_whereabouts_is_vault(const struct gv_whereabouts *where)
{
	size_t i;

	for (i = 0; i < where->n; i++)
		if (where->remotes[i].is_vault)
			return true;
	return false;
}

const struct gv_whereabouts_remote *
gv_whereabouts_unknown(const struct gv_whereabouts *where)
{
	size_t i;

	for (i = 0; i < where->n; i++)
		if (where->remotes[i].is_vault && !where->remotes[i].is_known)
			return &where->remotes[i];
	return NULL;
}

struct gv_whereabouts_remote *
gv_whereabouts_find(const struct gv_whereabouts *where, const char *name)
{
	size_t i;

	for (i = 0; i < where->n; i++)
		if (strcmp(where->remotes[i].name, name) == 0)
			return &where->remotes[i];
	return NULL;
}

/* All names begin alike, so they are sorted by what stands behind. */
const struct gv_oid *
gv_whereabouts_commit(
    const struct gv_whereabouts_remote *remote, const char *id)
{
	const struct gv_refs *refs = &remote->snapshots;
	size_t from = 0, to = refs->n, i;
	int c;

	while (from < to) {
		i = from + (to - from) / 2;
		c = strcmp(refs->refs[i].name + remote->prefix, id);
		if (c == 0)
			return &refs->refs[i].oid;
		if (c < 0)
			from = i + 1;
		else
			to = i;
	}
	return NULL;
}

bool
gv_whereabouts_has(const struct gv_whereabouts_remote *remote, const char *id,
    const struct gv_oid *commit)
{
	const struct gv_oid *there = gv_whereabouts_commit(remote, id);

	return there && gv_oid_equal(there, commit);
}

size_t
gv_whereabouts_unsent(
    const struct gv_whereabouts *where, const struct gv_refs *snapshots)
{
	size_t i, from = snapshots->n;
	const struct gv_ref *ref;

	for (; from > 0; from--) {
		ref = &snapshots->refs[from - 1];
		for (i = 0; i < where->n; i++)
			if (gv_whereabouts_has(&where->remotes[i],
				ref->name + strlen(GV_REFS_SNAPSHOTS),
				&ref->oid))
				return from;
	}
	return 0;
}

int
gv_whereabouts_ask(struct gv_whereabouts_word *out,
    struct gv_whereabouts_remote *remote, const char *id)
{
	const struct gv_receipt_chain *of;
	int r;

	memset(out, 0, sizeof(*out));
	r = gv_receipt_chains_find(
	    &out->receipt, &out->trust, &of, &remote->chains, id);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return r;
	out->has_receipt = true;
	out->server = of->server;
	return 0;
}

void
gv_whereabouts_release(struct gv_whereabouts *where)
{
	if (where == NULL)
		return;
	while (where->n > 0) {
		struct gv_whereabouts_remote *last =
		    &where->remotes[--where->n];

		free(last->name);
		gv_refs_release(&last->snapshots);
		gv_receipt_chains_release(&last->chains);
	}
	free(where->remotes);
	gv_audit_signers_release(&where->signers);
	memset(where, 0, sizeof(*where));
}
