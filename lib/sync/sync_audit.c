#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "audit/audit_signers.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "object/link.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "repo/shallow.h"
#include "sync/sync_internal.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "vault/ancestry.h"

/*
 * A chain of the audit has one writer, known by the name of its host. Two
 * clones on one host, or on two of one name, find out when they meet: then the
 * one that comes second leaves the name to the other, and goes on under one of
 * its own, with all that it has told up to there. One that has told nothing yet
 * takes a name before it does.
 */

#define NAME_KEY  "vault.auditName"
#define HOST_MOST 180 /* bytes of it that are kept */
#define RANDOM    4   /* bytes behind it */

static const char *
host_of(const char *ref)
{
	return ref + strlen(GV_REFS_AUDIT);
}

/* Whether it is the chain that this clone writes. The name that it got in this
 * run is nobody else's. */
static bool
is_own(const struct gv_sync *s, const char *name)
{
	struct gv_buf ref = GV_BUF_INIT;
	bool yes;

	if (s->is_named_anew)
		return false;
	gv_audit_ref(&ref, s->repo);
	yes = gv_buf_check(&ref) == 0 && strcmp(ref.p, name) == 0;
	gv_buf_release(&ref);
	return yes;
}

static bool
is_named(const struct gv_sync *s)
{
	return gv_config_get(&s->repo->config, NAME_KEY) != NULL;
}

/* ---- what is taken ------------------------------------------------------ */

/* Where the chain is here, one goes on with it only from an event, and the
 * next event comes after it. So the end of theirs is one; of our own, which
 * nobody else writes, all that we do not have is, by someone of the keyring if
 * ours is signed. What others write in a newer format is for a newer program to
 * judge; on our own it is nothing that we could go on from. */
static int
check_event(const struct gv_sync_merge *m, struct gv_oid *at,
    const struct gv_audit_signers *known)
{
	struct gv_audit_entry e;
	struct gv_oid commit = *at;
	char hex[GV_OID_HEX + 1];
	int r = gv_audit_load(&e, m->odb, at);

	if (r < 0)
		return r == GV_ENOTFOUND ? GV_ECORRUPT : r;
	*at = e.parent;
	gv_oid_format(hex, &commit);
	if (known && (!e.is_signed || !gv_audit_signers_find(known, e.key)))
		r = gv_err(GV_EREFUSED,
		    "its event %.12s is signed by nobody of the keyring", hex);
	gv_audit_entry_release(&e);
	return r;
}

static bool
is_signed(const struct gv_sync_merge *m, const struct gv_oid *commit)
{
	struct gv_audit_entry e;
	bool is = false;

	if (gv_audit_load(&e, m->odb, commit) == 0) {
		is = e.is_signed;
		gv_audit_entry_release(&e);
	}
	return is;
}

static int
check_own(const struct gv_sync_merge *m, const struct gv_sync_ref *ref)
{
	struct gv_audit_signers known = GV_AUDIT_SIGNERS_INIT;
	struct gv_oid at = ref->theirs;
	bool must = is_signed(m, &ref->ours);
	int r = must ? gv_audit_signers_load(&known, m->s->repo) : 0;

	while (r == 0 && !gv_oid_equal(&at, &ref->ours))
		r = check_event(m, &at, must ? &known : NULL);
	gv_audit_signers_release(&known);
	return r;
}

/* What another clone has told there stands nowhere else: to put ours in its
 * place would throw it away. */
static int
conflict_of_two(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	(void)gv_err(GV_EREFUSED,
	    "the chain of the remote is not fetched: %s; if another clone of this "
	    "name wrote it, give this clone a chain of its own: git config "
	    "--local " NAME_KEY " %s-2",
	    gv_err_message(), strrchr(ref->name, '/') + 1);
	return gv_sync_conflict(m->s, ref);
}

/* 1 where it may be taken; 0 where it is a conflict; or a failure. */
static int
check(struct gv_sync_merge *m, struct gv_sync_ref *ref, bool is_on_ours)
{
	struct gv_oid at = ref->theirs;
	int r = is_on_ours ? check_own(m, ref) : check_event(m, &at, NULL);

	if (r == 0 || (r == GV_EREFUSED && !is_on_ours))
		return 1;
	if (r == GV_EREFUSED) {
		r = conflict_of_two(m, ref);
		return r < 0 ? r : 0;
	}
	if (r != GV_ECORRUPT)
		return gv_err_in(r, "%s", ref->name);
	(void)gv_err_in(r, "the object there is not one of its events");
	r = gv_sync_conflict_of_damage(m->s, ref);
	return r < 0 ? r : 0;
}

/* Whether theirs has what was seen of it there, by this sync or a check,
 * knowing that it has `base`: 1 with *seen, or 0; GV_ENOTFOUND where nothing
 * was seen; GV_ECORRUPT, GV_EUSAGE where nobody can tell; a failure. */
static int
has_seen(struct gv_oid *seen, const struct gv_sync *s,
    const struct gv_sync_ref *ref, const struct gv_oid *base)
{
	struct gv_oid in;
	int r = s->opts->given
	    ? GV_ENOTFOUND
	    : gv_audit_end_load(seen, s->repo, s->remote, host_of(ref->name));

	if (r < 0)
		return r;
	if (gv_oid_equal(seen, base) || gv_oid_equal(seen, &ref->theirs))
		return 1;
	r = gv_ancestry_base(&in, seen, &ref->theirs);
	return r < 0 ? r : gv_oid_equal(&in, seen);
}

/* … so that it is another one's and not ours with its end cut off. */
static int
is_whole(bool *out, const struct gv_sync *s, const struct gv_sync_ref *ref,
    const struct gv_oid *base)
{
	struct gv_oid seen;
	int r = has_seen(&seen, s, ref, base);

	*out = r == GV_ENOTFOUND || r > 0;
	return r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EUSAGE || r > 0
	    ? 0
	    : r;
}

/* What was cut off there comes back from here, and nobody would see that it was
 * gone. Once for all attempts of a sync. */
static int
warn_of_loss(
    struct gv_sync *s, const struct gv_sync_ref *ref, const struct gv_oid *seen)
{
	struct gv_buf text = GV_BUF_INIT, *all = &s->report->warnings;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, seen);
	gv_buf_addf(&text,
	    "the remote '%s' had the audit chain %s up to %.12s, and has %s: "
	    "refs were moved there, or an older copy of it was restored, so "
	    "ask its administrator; a sync pushes this clone's part of the "
	    "chain again\n",
	    s->remote, host_of(ref->name), hex,
	    gv_oid_is_zero(&ref->theirs) ? "none of it any more"
					 : "lost its end");
	if ((r = gv_buf_check(&text)) == 0 &&
	    (all->len == 0 || !strstr(all->p, text.p)))
		gv_buf_add(all, text.p, text.len);
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(all);
}

static int
check_loss(
    struct gv_sync *s, const struct gv_sync_ref *ref, const struct gv_oid *base)
{
	struct gv_oid seen;
	int r;

	/* a remote that has nothing is a new one, and of what a shallow clone
	 * lacks it cannot be seen what it is behind */
	if (s->repo->shallow ||
	    (gv_oid_is_zero(&ref->theirs) && s->there.n == 0))
		return 0;
	r = has_seen(&seen, s, ref, base);
	/* GV_ERROR: not even here is it any more */
	if (r == 0 || r == GV_ERROR)
		return warn_of_loss(s, ref, &seen);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

void
gv_sync_audit_keep(const struct gv_sync *s)
{
	size_t i, len = strlen(GV_REFS_AUDIT);

	for (i = 0; i < s->report->n; i++) {
		const struct gv_sync_item *item = &s->report->items[i];

		if (strncmp(item->ref, GV_REFS_AUDIT, len) != 0)
			continue;
		if (item->action == GV_SYNC_TAKEN)
			gv_audit_end_save(
			    s->repo, s->remote, item->ref + len, &item->theirs);
		else if (item->action == GV_SYNC_SENT && !s->is_elsewhere)
			gv_audit_end_save(
			    s->repo, s->remote, item->ref + len, &item->ours);
	}
}

static int
make_name(struct gv_buf *out, const char *host)
{
	unsigned char random[RANDOM];
	char hex[2 * RANDOM + 1];
	int r = gv_clock_random(random, sizeof(random));

	if (r < 0)
		return r;
	gv_enc_hex(hex, random, sizeof(random));
	gv_buf_addf(out, "%.*s-%s", HOST_MOST, host, hex);
	return gv_buf_check(out);
}

static int
set_name(struct gv_sync *s, const char *name)
{
	const char *const argv[] = { "git", "config", "--local", NAME_KEY, name,
		NULL };
	struct gv_proc git = GV_PROC_INIT;
	int r = gv_proc_run(&git, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && git.status)
		r = gv_err(GV_ERROR,
		    "cannot set " NAME_KEY
		    " to '%s' in git's configuration, which distinguishes this "
		    "clone from others on its host: %s",
		    name, gv_proc_why(&git));
	gv_proc_release(&git);
	s->is_named_anew = r == 0;
	return r;
}

/* Whether a chain that is not here may be one that this clone has told, or
 * another in its place: by what it has noted, or since who tells is the same.
 * So pipelines that clone each time fill one chain, not one each. */
static bool
is_likely_ours(const struct gv_sync_merge *m, const struct gv_sync_ref *ref)
{
	unsigned char key[GV_SIGN_PUBLIC];
	struct gv_audit_entry e;
	struct gv_oid noted;
	bool is = false, signs;

	if (gv_audit_end_load(&noted, m->s->repo, NULL, host_of(ref->name)) ==
	    0)
		return true;
	signs = gv_audit_signers_own(key);
	if (gv_audit_load(&e, m->odb, &ref->theirs) == 0) {
		is = e.is_signed == signs &&
		    (!signs || memcmp(e.key, key, sizeof(key)) == 0);
		gv_audit_entry_release(&e);
	}
	return is;
}

/* Have ours be theirs, where it is nothing yet. The next event goes
 * elsewhere unless it may be ours; the name is there first, since with theirs
 * nothing would tell any more that none was. */
static int
begin(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = 0;

	if (!m->s->opts->dry_run && !is_likely_ours(m, ref)) {
		if ((r = make_name(&name, host_of(ref->name))) == 0)
			r = set_name(m->s, name.p);
	}
	gv_buf_release(&name);
	return r < 0 ? r : gv_sync_take(m, ref, GV_OTYPE_COMMIT);
}

static int
move_ours(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	static const struct gv_oid none;
	struct gv_sync_ref moved = *ref;
	struct gv_buf name = GV_BUF_INIT, full = GV_BUF_INIT;
	int r = make_name(&name, host_of(ref->name));

	gv_buf_addf(&full, GV_REFS_AUDIT "%s", name.p);
	if (r < 0 || (r = gv_buf_check(&full)) < 0)
		goto out;
	gv_ledger_move(&m->edit, full.p, &ref->ours, &none);
	moved.name = full.p;
	moved.theirs = none;
	if ((r = gv_sync_note(m->s, GV_SYNC_MERGED, &moved, NULL)) < 0 ||
	    (r = gv_sync_take(m, ref, GV_OTYPE_COMMIT)) < 0)
		goto out;
	m->audit_name = gv_arena_copy(&m->arena, name.p, name.len);
	m->audit = *ref;
	r = m->audit_name ? 0 : GV_ENOMEM;
out:
	gv_buf_release(&name);
	gv_buf_release(&full);
	return r;
}

static int
take(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	bool is = is_own(m->s, ref->name), is_new = gv_oid_is_zero(&ref->ours);
	int r = check(m, ref, is && !is_new);

	if (r <= 0)
		return r;
	return is && is_new && !is_named(m->s)
	    ? begin(m, ref)
	    : gv_sync_take(m, ref, GV_OTYPE_COMMIT);
}

/* ---- what is cut off ----------------------------------------------------- */

static int
keep_first(void *to, const struct gv_oid *parent)
{
	*(struct gv_oid *)to = *parent;
	return 1;
}

static int
find_cut(bool *out, struct gv_odb *odb, const struct gv_shallow *shallow,
    struct gv_oid at)
{
	int r = 0;

	while (r >= 0 && !*out && !gv_oid_is_zero(&at)) {
		struct gv_oid here = at;

		memset(&at, 0, sizeof(at));
		*out = gv_shallow_has(shallow, &here);
		r = gv_link_parents(&at, odb, &here, keep_first);
	}
	return r < 0 ? r : 0;
}

/* Whether git sees only a part of one of the two. The clone is shallow for the
 * sake of its code, and a chain has an end of its own. */
static int
is_cut(bool *out, const struct gv_sync_merge *m, const struct gv_sync_ref *ref)
{
	struct gv_shallow shallow;
	int r = gv_shallow_load(&shallow, m->s->repo);

	*out = false;
	if (r == 0 && (r = find_cut(out, m->odb, &shallow, ref->ours)) == 0)
		r = find_cut(out, m->odb, &shallow, ref->theirs);
	gv_shallow_release(&shallow);
	return r;
}

int
gv_sync_audit(struct gv_sync_merge *m, struct gv_sync_ref *ref)
{
	struct gv_oid base;
	bool behind = false, whole = false, cut = false;
	int line = gv_sync_is_line(&behind, &base, ref);
	int r = line > 0 ? check_loss(m->s, ref, &base) : line;

	if (r < 0)
		return gv_err_in(r, "%s", ref->name);
	if (line > 0)
		return behind ? take(m, ref) : 0;
	if (m->s->repo->shallow && gv_oid_is_zero(&base))
		r = is_cut(&cut, m, ref);
	if (cut)
		return gv_sync_conflict_of_cut(m->s, ref);
	if (r == 0 && is_own(m->s, ref->name) && !is_named(m->s))
		r = is_whole(&whole, m->s, ref, &base);
	if (r < 0)
		return gv_err_in(r, "%s", ref->name);
	if (whole) {
		r = check(m, ref, false);
		return r > 0 ? move_ours(m, ref) : r;
	}
	if (m->s->opts->given)
		(void)gv_err(GV_EREFUSED,
		    "another clone has written a chain of this name: this "
		    "clone keeps its own, and theirs stays in the bundle only");
	else
		(void)gv_err(GV_EREFUSED,
		    "another clone has written a chain of this name: each "
		    "clone keeps its own, and the remote keeps the first one "
		    "pushed; for details: git vault audit verify --remote %s",
		    m->s->remote);
	return gv_sync_conflict(m->s, ref);
}

int
gv_sync_audit_settle(const struct gv_sync_merge *m)
{
	struct gv_sync *s = m->s;

	if (m->audit_name == NULL)
		return 0;
	gv_audit_end_save(s->repo, NULL, m->audit_name, &m->audit.ours);
	gv_audit_end_save(
	    s->repo, NULL, host_of(m->audit.name), &m->audit.theirs);
	return set_name(s, m->audit_name);
}
