#include <string.h>

#include "audit/receipt.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/tombstone.h"
#include "remote/refspec.h"
#include "remote/remote.h"
#include "remote/tracked.h"
#include "remote/verify_remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"
#include "sys/proc.h"
#include "vault/ledger.h"
#include "vault/note.h"

/*
 * The remote is asked for its list, and what differs is fetched by name, beside
 * ours: where nothing does, that is all. Of a snapshot no copy stays once ours
 * is the same, since each ref costs every git of the user as much as ours does;
 * what the remote has is in its list, and is kept in a file (tracked.h).
 */

#define OURS    GV_REFS_VAULT
#define NOTES   "notes/vault"
#define PEELED  "^{}" /* behind a tag's name: what it is of */
#define WAIT_MS 600000

/* ---- git ---------------------------------------------------------------- */

/* What git says is read, so it must not be translated; passwords it asks for at
 * the terminal, as ever, where somebody is. */
size_t
gv_sync_env(const struct gv_sync *s, const char **env)
{
	if (s->opts->is_unattended)
		return gv_remote_unattended(env, &s->repo->config);
	env[0] = "LC_ALL=C";
	return 1;
}

int
gv_sync_git(
    const struct gv_sync *s, struct gv_proc *p, const struct gv_proc_opts *opts)
{
	const char *env[GV_REMOTE_ENV + 1];
	struct gv_proc_opts all = *opts;

	env[gv_sync_env(s, env)] = NULL;
	if (all.env == NULL)
		all.env = env;
	all.timeout_ms = s->opts->is_unattended ? WAIT_MS : 0;
	return gv_proc_run(p, &all);
}

/* ---- the remote's list --------------------------------------------------- */

int
gv_sync_ask(struct gv_refs *out, struct gv_sync *s)
{
	struct gv_buf ours = GV_BUF_INIT, others = GV_BUF_INIT;
	struct gv_buf lines = GV_BUF_INIT;
	const char *argv[] = { "git", "ls-remote", "--", s->remote, NULL, NULL,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *text;
	int r = gv_remote_ref_there(&ours, &s->map, GV_REFS_VAULT "*");

	gv_buf_addf(&others, "%s*", s->map.others.p);
	argv[4] = ours.p;
	/* notes stand elsewhere where there is no prefix */
	argv[5] = gv_remote_ref_is_prefixed(&s->map) ? others.p : GV_REF_NOTES;
	if (r < 0 || (r = gv_buf_check(&others)) < 0)
		goto out;
	r = gv_sync_git(s, &p, &(struct gv_proc_opts){ .argv = argv });
	if (r < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR, "cannot ask the remote '%s': %s",
		    s->remote, gv_proc_why(&p));
		goto out;
	}
	if ((r = gv_remote_ref_list(&lines, &s->map, p.out.p)) < 0)
		goto out;
	text = gv_buf_take(&lines);
	r = text ? gv_verify_remote_parse(out, text) : GV_ENOMEM;
out:
	gv_proc_release(&p);
	gv_buf_release(&ours);
	gv_buf_release(&others);
	gv_buf_release(&lines);
	return r;
}

/* ---- what of it is fetched ----------------------------------------------- */

/* What is looked at to tell what is to come. */
struct choice {
	struct gv_sync *s;
	struct gv_odb *odb;
	struct gv_refs copies, ours; /* theirs; snapshots here */
	struct gv_ledger deleted;    /* what is deleted here */
	struct gv_buf specs;         /* a line each */
};

static int
open_choice(struct choice *c, struct gv_sync *s)
{
	struct gv_buf prefix = GV_BUF_INIT;
	struct gv_oid tip;
	int r = gv_repo_odb(s->repo, &c->odb);

	c->s = s;
	gv_buf_addf(&prefix, GV_REFS_REMOTES "%s/", s->remote);
	if (r < 0 || (r = gv_buf_check(&prefix)) < 0 ||
	    (r = gv_ref_list(&c->copies, s->repo, prefix.p)) < 0 ||
	    (r = gv_ref_list(&c->ours, s->repo, GV_REFS_SNAPSHOTS)) < 0 ||
	    (r = gv_ref_find(&tip, s->repo, GV_REF_DELETED)) < 0)
		goto out;
	/* what cannot be read says nothing, and the merge will tell why */
	if (gv_ledger_load(&c->deleted, c->odb, &tip) < 0)
		c->deleted = (struct gv_ledger){ .tip = { { 0 } } };
out:
	gv_buf_release(&prefix);
	return r;
}

static void
close_choice(struct choice *c)
{
	gv_refs_release(&c->copies);
	gv_refs_release(&c->ours);
	gv_buf_release(&c->specs);
}

int
gv_sync_name_copy(struct gv_buf *out, const struct gv_sync *s, const char *ref)
{
	gv_buf_reset(out);
	gv_buf_addf(out, GV_REFS_REMOTES "%s/%s", s->remote,
	    ref + strlen(strcmp(ref, GV_REF_NOTES) == 0 ? "refs/" : OURS));
	return gv_buf_check(out);
}

int
gv_sync_name_ours(struct gv_buf *out, const char *rest)
{
	gv_buf_reset(out);
	gv_buf_addf(
	    out, "%s%s", strcmp(rest, NOTES) == 0 ? "refs/" : OURS, rest);
	return gv_buf_check(out);
}

/* Whether a ref is brought by a fetch: what the server received is looked at
 * whatever is picked, or nobody would miss it here. */
static bool
comes(const struct gv_sync *s, const char *ref)
{
	const struct gv_sync_kind *kind = gv_sync_kind_of(ref);

	return kind
	    ? gv_sync_kind_is_picked(s->opts, kind, ref)
	    : strncmp(ref, GV_REFS_SERVERS, strlen(GV_REFS_SERVERS)) == 0;
}

/* Whether a snapshot of theirs is nothing new: ours is the same, or it is
 * deleted here, and has to come only if it is pinned there. 1 or 0, or a
 * failure. */
static int
is_old(const struct choice *c, const struct gv_ref *ref)
{
	const struct gv_ref *ours = gv_refs_find(&c->ours, ref->name);
	int r;

	if (ours)
		return gv_oid_equal(&ours->oid, &ref->oid);
	if (gv_oid_is_zero(&c->deleted.tip) || gv_odb_has(c->odb, &ref->oid))
		return 0;
	r = gv_tombstone_find(
	    NULL, c->odb, &c->deleted, ref->name + strlen(GV_REFS_SNAPSHOTS));
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : r > 0;
}

static int
is_new(const struct choice *c, const struct gv_ref *ref, const char *copy)
{
	static const struct gv_oid none;
	const struct gv_ref *had = gv_refs_find(&c->copies, copy), *ours;
	int r = 0;

	if (had && gv_oid_equal(&had->oid, &ref->oid))
		return 0;
	if (gv_tracked_is_snapshot(ref->name))
		r = is_old(c, ref);
	r = r < 0 ? r : !r;
	if (r > 0 && gv_sync_narrow_is_on(c->s->opts)) {
		ours = gv_refs_find(&c->ours, ref->name);
		r = gv_sync_narrow_is_picked(
		    c->s, ref->name, ours ? &ours->oid : &none, &ref->oid);
	}
	return r;
}

static int
add_spec(struct choice *c, const struct gv_ref *ref)
{
	struct gv_buf copy = GV_BUF_INIT;
	int r;

	if (strstr(ref->name, PEELED) || !comes(c->s, ref->name))
		return 0;
	if ((r = gv_sync_name_copy(&copy, c->s, ref->name)) == 0)
		r = is_new(c, ref, copy.p);
	if (r > 0) {
		gv_buf_addch(&c->specs, '+');
		r = gv_remote_ref_there(&c->specs, &c->s->map, ref->name);
		gv_buf_addf(&c->specs, ":%s\n", copy.p);
	}
	gv_buf_release(&copy);
	return r < 0 ? r : gv_buf_check(&c->specs);
}

/* Whether a copy is of another remote, whose name goes on behind this one's. */
static bool
is_of_another(const struct gv_sync *s, const char *copy)
{
	const size_t len = strlen(s->remote);
	struct gv_remote other;
	size_t at = 0;

	copy += strlen(GV_REFS_REMOTES);
	while (gv_remote_next(&other, &at, &s->repo->config))
		if (other.len > len &&
		    strncmp(copy, other.name, other.len) == 0 &&
		    copy[other.len] == '/')
			return true;
	return false;
}

/* What the remote had once, and has no more, whatever it is. */
static int
forget(const struct choice *c)
{
	const size_t front = strlen(GV_REFS_REMOTES) + strlen(c->s->remote) + 1;
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->copies.n; i++) {
		const struct gv_ref *ref = &c->copies.refs[i];

		if (is_of_another(c->s, ref->name))
			continue;
		r = gv_sync_name_ours(&name, ref->name + front);
		if (r == 0 && gv_refs_find(&c->s->there, name.p) == NULL)
			gv_ref_delete(&tx, ref->name, &ref->oid);
	}
	if (r == 0 && tx.lines.len)
		r = gv_ref_commit(&tx, c->s->repo);
	gv_ref_tx_release(&tx);
	gv_buf_release(&name);
	return r;
}

/* ---- fetch -------------------------------------------------------------- */

/* Another git-vault that fetches at the same time has a ref locked, or has
 * moved it. */
static bool
is_contest(const char *words)
{
	return strstr(words, "couldn't find remote ref") ||
	    strstr(words, "cannot lock ref") || strstr(words, ".lock'") ||
	    strstr(words, "unable to update local ref");
}

/* Two of the remote's refs that have one place here, or one the folder of the
 * other: that does not end by trying again. */
static bool
is_in_the_way(const char *words)
{
	return strstr(words, "' exists; cannot create '") ||
	    strstr(words, "Cannot fetch both ");
}

/* Where the remote lacks history git leaves its refs, keeps their objects, and
 * ends well: what stands on those would be damaged here. */
static bool
is_cut(const char *words)
{
	return strstr(words, "because shallow roots are not allowed") != NULL;
}

/* git sends all that a fetch asks for or nothing, and what is damaged there may
 * be of one snapshot. */
static bool
is_of_damage(const char *words)
{
	return strstr(words, "corruption on the remote side") != NULL;
}

int
gv_sync_fetched(const struct gv_sync *s, struct gv_proc *p)
{
	if (is_cut(p->err.p))
		return gv_err(GV_EREFUSED,
		    "the remote '%s' is a shallow clone, and the objects it "
		    "lacks would be missing here: run 'git fetch --unshallow' "
		    "there, or sync with the repository it was cloned from",
		    s->remote);
	if (p->status == 0)
		return 0;
	if (is_in_the_way(p->err.p))
		return gv_err(GV_ERROR,
		    "cannot fetch from the remote '%s', where another ref "
		    "blocks one of the vault's: %s; find it by 'git ls-remote "
		    "%s \"refs/vault/notes*\"', and delete it by 'git push %s "
		    ":REF'",
		    s->remote, gv_proc_why(p), s->remote, s->remote);
	if (is_of_damage(p->err.p))
		return gv_err(GV_ERROR,
		    "cannot fetch from the remote '%s', where objects are "
		    "damaged or missing: %s; 'git fsck' there names them, and "
		    "'git vault sync --refs snapshots/ID %s' fetches one "
		    "intact snapshot of those that 'git ls-remote %s' lists",
		    s->remote, gv_proc_why(p), s->remote, s->remote);
	return gv_err(is_contest(p->err.p) ? GV_EEXISTS : GV_ERROR,
	    "cannot fetch from the remote '%s': %s", s->remote, gv_proc_why(p));
}

/* Refspecs by standard input, as there may be more than a command line takes;
 * none that is configured adds refs of its own. One that has gone since it was
 * listed is looked for again. */
static int
fetch(const struct choice *c)
{
	const char *argv[] = { "git", "fetch", "-q", "--refmap=", "--no-tags",
		"--no-prune", "--no-auto-maintenance", "--no-write-fetch-head",
		"--no-recurse-submodules", "--stdin", "--", c->s->remote,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_sync_git(c->s, &p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = c->specs.p, .in_len = c->specs.len });

	if (r == 0)
		r = gv_sync_fetched(c->s, &p);
	gv_proc_release(&p);
	return r;
}

int
gv_sync_fetch(struct gv_sync *s)
{
	struct choice c = { .specs = GV_BUF_INIT };
	size_t i;
	int r;

	gv_refs_release(&s->there);
	if ((r = gv_sync_ask(&s->there, s)) < 0 ||
	    (r = open_choice(&c, s)) < 0 ||
	    (r = gv_sync_narrow_want(s, &s->there)) < 0 ||
	    (r = gv_sync_narrow_drop(s, &c.copies)) < 0)
		goto out;
	for (i = 0; r == 0 && i < s->there.n; i++)
		r = add_spec(&c, &s->there.refs[i]);
	if (r < 0 || (r = forget(&c)) < 0)
		goto out;
	if (c.specs.len)
		r = fetch(&c);
out:
	close_choice(&c);
	return r;
}

/* ---- what is kept of it -------------------------------------------------- */

/* A copy of a snapshot goes where the remote has no such one any more, and
 * where ours is the same, unless a refspec of the user's brings it. */
static int
drop_copies(struct gv_sync *s, const struct gv_refs *copies,
    const struct gv_refs *ours, bool are_brought)
{
	const size_t front = strlen(GV_REFS_REMOTES) + strlen(s->remote) + 1;
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < copies->n; i++) {
		const struct gv_ref *copy = &copies->refs[i], *there, *here;

		r = gv_sync_name_ours(&name, copy->name + front);
		if (r < 0)
			break;
		there = gv_refs_find(&s->there, name.p);
		here = gv_refs_find(ours, name.p);
		if (there == NULL ||
		    (!are_brought && here &&
			gv_oid_equal(&here->oid, &copy->oid)))
			gv_ref_delete(&tx, copy->name, &copy->oid);
	}
	if (r == 0 && tx.lines.len)
		r = gv_ref_commit(&tx, s->repo);
	gv_ref_tx_release(&tx);
	gv_buf_release(&name);
	/* another git has it in hand, and the next sync comes by */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

int
gv_sync_keep(struct gv_sync *s)
{
	struct gv_refs copies = { 0 }, ours = { 0 };
	struct gv_buf prefix = GV_BUF_INIT;
	bool are_brought;
	int r;

	gv_tracked_save(s->repo, s->remote, &s->there);
	gv_buf_addf(&prefix, GV_REFS_REMOTES "%s/snapshots/", s->remote);
	if ((r = gv_buf_check(&prefix)) < 0)
		goto out;
	r = gv_refspec_brings_snapshots(
	    &are_brought, &s->repo->config, &s->map);
	if (r < 0 || (r = gv_ref_list(&copies, s->repo, prefix.p)) < 0)
		goto out;
	if (copies.n &&
	    (r = gv_ref_list(&ours, s->repo, GV_REFS_SNAPSHOTS)) < 0)
		goto out;
	if (copies.n)
		r = drop_copies(s, &copies, &ours, are_brought);
out:
	gv_refs_release(&copies);
	gv_refs_release(&ours);
	gv_buf_release(&prefix);
	return r;
}
