#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"
#include "base/err.h"
#include "base/time.h"
#include "key/keyring.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/good.h"
#include "record/record_load.h"
#include "remote/refspec.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "state/track.h"
#include "sync/sync_internal.h"
#include "sys/proc.h"
#include "vault/note.h"
#include "vault/setting.h"

/*
 * A sync of some environments, or of what is young. Which refs that are is in
 * their names; of snapshots it is in what known-good records of the environment
 * point at, which the remote's list says before anything is fetched, or in the
 * snapshot itself where it is here. What is not picked is as if it were on
 * neither side: nothing is said of it, so it is not deleted by not being here.
 *
 * Each ref is fetched by its whole name: a glob of one environment would take
 * in those whose names begin with its.
 */

#define PEELED "^{}" /* behind a tag's name: what it is of */

bool
gv_sync_narrow_is_on(const struct gv_sync_opts *opts)
{
	return opts->n_envs || opts->since;
}

/* ---- what is picked ----------------------------------------------------- */

/* Whether the part up to the next '/', or the end, is one of them. */
static bool
is_env(const struct gv_sync_opts *opts, const char *part)
{
	size_t i, len = strcspn(part, "/");

	for (i = 0; i < opts->n_envs; i++)
		if (strlen(opts->envs[i]) == len &&
		    strncmp(opts->envs[i], part, len) == 0)
			return true;
	return opts->n_envs == 0;
}

/* Whether the commit, where it is here, says that it holds one of them. */
static int
says_env(const struct gv_sync *s, const struct gv_sync_opts *opts,
    const struct gv_oid *oid)
{
	struct gv_record record = { 0 };
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(s->repo, &odb), found = 0;

	if (r < 0 || gv_oid_is_zero(oid) || !gv_odb_has(odb, oid))
		return r;
	r = gv_record_load(&record, s->repo, oid);
	for (i = 0; r == 0 && i < record.n_environments; i++)
		found |= is_env(opts, record.environments[i]);
	gv_record_release(&record);
	/* one that is damaged says nothing of itself */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : found;
}

static bool
is_wanted(const struct gv_sync *s, const struct gv_oid *oid)
{
	return gv_map_get(&s->wanted, oid->id, GV_OID_RAW) != NULL;
}

static int
is_snapshot_picked(struct gv_sync *s, const char *id, const struct gv_oid *ours,
    const struct gv_oid *theirs)
{
	int64_t time;
	int r;

	if (s->opts->since &&
	    (gv_time_parse_compact(&time, id) < 0 || time < s->opts->since))
		return 0;
	if (s->opts->n_envs == 0 || is_wanted(s, ours) || is_wanted(s, theirs))
		return 1;
	r = says_env(s, s->opts, ours);
	return r ? r : says_env(s, s->opts, theirs);
}

int
gv_sync_narrow_is_picked(struct gv_sync *s, const char *ref,
    const struct gv_oid *ours, const struct gv_oid *theirs)
{
	static const char *const by_env[] = { GV_REFS_STATES,
		GV_REFS_COMPONENTS, GV_REFS_GOOD };
	size_t i, len;

	if (strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0)
		return is_snapshot_picked(
		    s, ref + strlen(GV_REFS_SNAPSHOTS), ours, theirs);
	len = strlen(GV_REFS_SECRETS);
	if (strncmp(ref, GV_REFS_SECRETS, len) == 0)
		return is_env(s->opts, ref + len) ||
		    strcmp(ref + len, GV_KEYRING_SHARED) == 0;
	for (i = 0; i < sizeof(by_env) / sizeof(by_env[0]); i++) {
		len = strlen(by_env[i]);
		if (strncmp(ref, by_env[i], len) == 0)
			return is_env(s->opts, ref + len);
	}
	return 1;
}

/* ---- what nothing is of ------------------------------------------------- */

/* Whether it is of these environments; what a record points at the record
 * itself speaks for. */
static int
is_of(const struct gv_sync *s, const struct gv_sync_opts *opts,
    const struct gv_sync_ref *ref)
{
	static const char *const fronts[] = { GV_REFS_SECRETS, GV_REFS_STATES,
		GV_REFS_GOOD };
	size_t i, len;

	for (i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		len = strlen(fronts[i]);
		if (strncmp(ref->name, fronts[i], len) == 0)
			return is_env(opts, ref->name + len);
	}
	return strncmp(
		   ref->name, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0
	    ? says_env(s, opts, &ref->ours)
	    : 0;
}

static int
add_unmet(const struct gv_sync *s, const struct gv_sync_opts *one,
    const char *words, const char *name)
{
	struct gv_buf *out = &s->report->warnings;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];
		struct gv_sync_kind kind = *ref->kind;

		/* without a pattern that names it, too, it counts for none */
		kind.is_always = false;
		r = one->n_envs ? is_of(s, one, ref)
				: gv_sync_kind_is_picked(one, &kind, ref->name);
	}
	if (r == 0)
		gv_buf_addf(out, "nothing here or on '%s' %s '%s'\n", s->remote,
		    words, name);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_sync_narrow_tell(const struct gv_sync *s)
{
	const struct gv_sync_opts *o = s->opts;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < o->n_envs; i++)
		r = add_unmet(s,
		    &(struct gv_sync_opts){ .envs = o->envs + i, .n_envs = 1 },
		    "is of the environment", o->envs[i]);
	for (i = 0; r == 0 && i < o->n_patterns; i++)
		r = add_unmet(s,
		    &(struct gv_sync_opts){
			.patterns = o->patterns + i, .n_patterns = 1 },
		    "matches --refs", o->patterns[i]);
	return r;
}

/* ---- what known-good records are of ------------------------------------- */

static int
want(struct gv_sync *s, const struct gv_oid *oid)
{
	struct gv_oid *own;

	if (is_wanted(s, oid))
		return 0;
	own = gv_arena_alloc(&s->arena, sizeof(*own));
	if (own == NULL)
		return GV_ENOMEM;
	*own = *oid;
	return gv_map_put(&s->wanted, own->id, GV_OID_RAW, own);
}

/* Those of tags that are here, ours and theirs. */
int
gv_sync_narrow_prepare(struct gv_sync *s)
{
	const char *argv[] = { "git", "for-each-ref",
		"--format=%(*objectname) %(refname)", GV_REFS_GOOD, NULL,
		NULL };
	struct gv_buf theirs = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	struct gv_oid oid;
	const char *line, *nl, *name;
	size_t front;
	int r;

	if (s->opts->n_envs == 0)
		return 0;
	gv_buf_addf(&theirs, GV_REFS_REMOTES "%s/good/", s->remote);
	r = gv_buf_check(&theirs);
	argv[4] = theirs.p;
	if (r < 0 ||
	    (r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv })) < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR, "git cannot list known-good records: %s",
		    gv_proc_why(&p));
		goto out;
	}
	for (line = p.out.p; r == 0 && (nl = strchr(line, '\n'));
	     line = nl + 1) {
		if (gv_oid_parse(&oid, line) < 0)
			continue; /* no tag */
		name = line + GV_OID_HEX + 1;
		front = strncmp(name, theirs.p, theirs.len) == 0
		    ? theirs.len
		    : strlen(GV_REFS_GOOD);
		if (is_env(s->opts, name + front))
			r = want(s, &oid);
	}
out:
	gv_proc_release(&p);
	gv_buf_release(&theirs);
	return r;
}

/* Those of tags that the remote has. */
int
gv_sync_narrow_want(struct gv_sync *s, const struct gv_refs *list)
{
	size_t i, front = strlen(GV_REFS_GOOD);
	int r = 0;

	for (i = 0; r == 0 && s->opts->n_envs && i < list->n; i++)
		if (strncmp(list->refs[i].name, GV_REFS_GOOD, front) == 0 &&
		    strstr(list->refs[i].name, PEELED) &&
		    is_env(s->opts, list->refs[i].name + front))
			r = want(s, &list->refs[i].oid);
	return r;
}

/* ---- what came before --------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whether there is something here that may need what is sealed. */
static bool
has_users(const struct gv_refs *ours)
{
	size_t i;

	for (i = 0; i < ours->n; i++)
		if (begins(ours->refs[i].name, GV_REFS_SNAPSHOTS) ||
		    begins(ours->refs[i].name, GV_REFS_STATES))
			return true;
	return false;
}

/* `name` is what the ref, or what it is a copy of, is called here. 1 where it
 * goes, 0, or a failure. */
static int
add_drop(struct gv_ref_tx *tx, struct gv_sync *s, const char *name,
    const struct gv_ref *ref)
{
	static const struct gv_oid none;
	const struct gv_ref *there = gv_refs_find(&s->there, name);
	int r;

	if (there == NULL || !gv_oid_equal(&there->oid, &ref->oid))
		return 0;
	if ((r = gv_sync_narrow_is_picked(s, name, &none, &ref->oid)) == 0)
		gv_ref_delete(tx, ref->name, &ref->oid);
	return r < 0 ? r : !r;
}

static int
add_own(struct gv_ref_tx *tx, struct gv_sync *s, const struct gv_refs *ours)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < ours->n; i++) {
		const struct gv_ref *ref = &ours->refs[i];
		const struct gv_sync_ref note = {
			.name = ref->name, .ours = ref->oid, .theirs = ref->oid
		};

		if (!begins(ref->name, GV_REFS_SECRETS))
			continue;
		r = add_drop(tx, s, ref->name, ref);
		if (r > 0)
			r = gv_sync_note(s, GV_SYNC_DROPPED, &note, NULL);
	}
	return r < 0 ? r : 0;
}

static int
add_copies(
    struct gv_ref_tx *tx, struct gv_sync *s, const struct gv_refs *copies)
{
	const size_t front = strlen(GV_REFS_REMOTES) + strlen(s->remote) + 1;
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < copies->n; i++) {
		if ((r = gv_sync_name_ours(
			 &name, copies->refs[i].name + front)) == 0)
			r = add_drop(tx, s, name.p, &copies->refs[i]);
	}
	gv_buf_release(&name);
	return r < 0 ? r : 0;
}

/* `init` brings all scopes, as a plain fetch behind it does: it knows of no
 * environment yet, and a host that only writes must not seal again what is
 * there. */
int
gv_sync_narrow_drop(struct gv_sync *s, const struct gv_refs *copies)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_refs ours = { 0 };
	int r = 0;

	if (s->opts->n_envs && !s->opts->dry_run)
		r = gv_ref_list(&ours, s->repo, GV_REFS_VAULT);
	if (r < 0)
		goto out;
	if (ours.n && !has_users(&ours)) {
		if ((r = add_own(&tx, s, &ours)) == 0)
			r = add_copies(&tx, s, copies);
	}
	if (r < 0)
		goto out;
	if (tx.lines.len)
		r = gv_ref_commit(&tx, s->repo);
out:
	gv_ref_tx_release(&tx);
	gv_refs_release(&ours);
	return r;
}

/* ---- the mark ----------------------------------------------------------- */

static int
mark(const char *word, bool is_on)
{
	int r = is_on ? gv_setting_add(GV_SETTING_NARROWED, word)
		      : gv_setting_del(GV_SETTING_NARROWED, word);

	return r < 0 ? gv_err_in(r, "the mark that this clone is partial") : 0;
}

/* It has a value for each remote that is not all here. What a filtered bundle
 * has left out no sync of a remote is known to bring, so the mark of an import
 * is another one, and nobody's to take away. */
static const char *
word_of(const struct gv_sync *s)
{
	return s->opts->given ? GV_SETTING_NARROWED_IMPORT : s->remote;
}

static bool
is_marked(const struct gv_sync *s)
{
	const struct gv_config *c = &s->repo->config;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->entries[i].key, GV_SETTING_NARROWED) == 0 &&
		    c->entries[i].value &&
		    strcmp(c->entries[i].value, word_of(s)) == 0)
			return true;
	return false;
}

/* What a plain fetch brings is narrowed with it. */
int
gv_sync_narrow_mark(const struct gv_sync *s)
{
	const struct gv_sync_opts *o = s->opts;
	const struct gv_refspec_part part = { .envs = o->envs,
		.n_envs = o->n_envs };
	bool is_part =
	    o->given ? o->is_part : gv_sync_narrow_is_on(o) && !o->no_fetch;
	int r;

	if (!is_part || o->dry_run)
		return 0;
	r = is_marked(s) ? 0 : mark(word_of(s), true);
	return r < 0 || o->given
	    ? r
	    : gv_refspec_put(&s->repo->config, &s->map, &part);
}

int
gv_sync_narrow_unmark(const struct gv_sync *s)
{
	static const struct gv_refspec_part all = { .is_all = true };
	int r;

	if (gv_sync_narrow_is_on(s->opts) || s->opts->n_patterns ||
	    s->opts->no_fetch || s->opts->dry_run || !is_marked(s))
		return 0;
	r = gv_refspec_put(&s->repo->config, &s->map, &all);
	return r < 0 ? r : mark(s->remote, false);
}
