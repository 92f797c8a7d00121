#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "key/adoption_ask.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_load.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "secret/key.h"
#include "state/track.h"
#include "state/track_renew.h"
#include "sync/sync_internal.h"
#include "view/revealed.h"

/*
 * A clone that encrypted for a key of its own, because it did not know the
 * team's keyring or nobody had confirmed it. Here it comes to use that keyring,
 * and encrypts again what it has. Until it does, what names such secrets stays
 * here: others would get a snapshot that nobody can complete, and the clone may
 * be gone tomorrow.
 */

/* ---- the keyring of the remote in place of a lonely one ------------------ */

static const struct gv_sync_ref *
find_ref(const struct gv_sync *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->refs.n; i++)
		if (strcmp(s->refs.refs[i].name, name) == 0)
			return &s->refs.refs[i];
	return NULL;
}

/* That it cannot be used now is no reason not to sync the rest. */
static int
note_failure(struct gv_sync *s, int r, const char *print)
{
	if (r >= 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_buf_addf(&s->report->warnings,
	    "the keyring %s of %s is not used: %s\n", print, s->remote,
	    gv_err_message());
	return gv_buf_check(&s->report->warnings);
}

static int
adopt(struct gv_sync *s, const struct gv_keyring_kept *theirs)
{
	struct gv_key_report report = GV_KEY_REPORT_INIT;
	struct gv_buf *warnings = &s->report->warnings;
	uint64_t states = 0;
	int r =
	    gv_key_adopt(&report, s->repo, &s->opts->safe, theirs->print, NULL);

	s->has_other_keyring = r < 0;
	if (r == 0)
		r = gv_track_renew(&states, warnings, s->repo, &s->opts->safe);
	if (r == 0)
		gv_buf_addf(warnings,
		    "this clone uses the keyring %s of %s now; encrypted again "
		    "for its readers: %" PRIu64 " secrets, %" PRIu64
		    " states\n",
		    theirs->print, s->remote, report.resealed, states);
	gv_key_report_release(&report);
	return r == 0 ? gv_buf_check(warnings)
		      : note_failure(s, r, theirs->print);
}

/* Whether ours is another one than theirs from here on. */
static int
consider(struct gv_sync *s, const struct gv_keyring_kept *ours,
    const struct gv_keyring_kept *theirs)
{
	enum gv_adoption verdict;
	int r;

	s->has_other_keyring = strcmp(ours->print, theirs->print) != 0;
	if (!s->has_other_keyring || s->opts->dry_run ||
	    ours->keyring.n_recipients != 1)
		return 0;
	r = gv_adoption_ask(&verdict, s->repo, theirs, s->remote);
	return r < 0 || verdict != GV_ADOPTION_TAKEN ? r : adopt(s, theirs);
}

int
gv_sync_adopt(struct gv_sync *s)
{
	struct gv_keyring_kept ours = { .print = "" }, theirs = { .print = "" };
	const struct gv_sync_ref *ref;
	struct gv_odb *odb;
	char *before = gv_err_save();
	int r = gv_sync_list(s);

	if (r < 0)
		goto out;
	ref = find_ref(s, GV_REF_KEYRING);
	if (ref == NULL || gv_oid_is_zero(&ref->ours) ||
	    gv_oid_is_zero(&ref->theirs) ||
	    gv_oid_equal(&ref->ours, &ref->theirs))
		goto out;
	/* the merge reports what is wrong with either */
	if ((r = gv_repo_odb(s->repo, &odb)) == 0 &&
	    (r = gv_odb_refresh(odb)) == 0 &&
	    (r = gv_keyring_load(&ours, s->repo)) == 0 &&
	    (r = gv_keyring_look(&theirs, s->repo, &ref->theirs)) == 0)
		r = consider(s, &ours, &theirs);
	if (r < 0 && r != GV_ENOMEM && r != GV_ECANCELED)
		r = 0;
out:
	gv_keyring_kept_release(&ours);
	gv_keyring_kept_release(&theirs);
	return gv_err_settle(r, before);
}

/* ---- what stays without its secrets -------------------------------------- */

static bool
is_left(const struct gv_sync *s, const char *name)
{
	return gv_sync_set_has(&s->held, name) ||
	    gv_sync_set_has(&s->refused, name);
}

/* Whether what is sealed in a scope does not go to the remote. */
static bool
stays(const struct gv_sync *s, const char *scope)
{
	struct gv_buf name = GV_BUF_INIT;
	bool is;

	if (s->has_other_keyring)
		return true;
	gv_buf_addf(&name, GV_REFS_SECRETS "%s", scope);
	/* without memory nothing goes */
	is = gv_buf_check(&name) < 0 || is_left(s, name.p);
	gv_buf_release(&name);
	return is;
}

static bool
is_scope(const struct gv_sync_ref *ref)
{
	return strncmp(ref->name, GV_REFS_SECRETS, strlen(GV_REFS_SECRETS)) ==
	    0;
}

/* Whether anything does, so that snapshots are to be looked into at all. */
static bool
any_stays(const struct gv_sync *s)
{
	size_t i;

	for (i = 0; i < s->refs.n; i++)
		if (is_scope(&s->refs.refs[i]) &&
		    is_left(s, s->refs.refs[i].name))
			return true;
	return s->has_other_keyring;
}

/* The first scope of a list that stays; NULL in *scope for none. */
static int
look(const char **scope, struct gv_arena *arena, const struct gv_sync *s,
    const struct gv_record *rec, enum gv_revealed_tree tree)
{
	const struct gv_revealed_file *file;
	struct gv_revealed *given = NULL;
	struct gv_odb *odb;
	size_t i, k;
	int r = gv_repo_odb(s->repo, &odb);

	if (r == 0)
		r = gv_revealed_load(&given, odb, rec, tree);
	for (i = 0;
	     r == 0 && *scope == NULL && (file = gv_revealed_at(given, i)); i++)
		for (k = 0; k < file->n && *scope == NULL; k++)
			if (stays(s, file->entries[k].scope))
				*scope =
				    gv_arena_copy(arena, file->entries[k].scope,
					strlen(file->entries[k].scope));
	gv_revealed_free(given);
	return r;
}

/* A snapshot that cannot be read is for others to tell of. */
static int
find_scope(const char **scope, struct gv_sync *s, const struct gv_sync_ref *ref)
{
	static const enum gv_revealed_tree trees[] = { GV_REVEALED_TREE,
		GV_REVEALED_INDEX, GV_REVEALED_META };
	struct gv_record rec = { 0 };
	size_t i;
	int r = gv_record_load(&rec, s->repo, &ref->ours);

	*scope = NULL;
	for (i = 0; r == 0 && *scope == NULL && i < 3; i++)
		r = look(scope, &s->arena, s, &rec, trees[i]);
	gv_record_release(&rec);
	return r == GV_ENOMEM ? r : 0;
}

static bool
is_state(const struct gv_sync_ref *ref)
{
	return strncmp(ref->name, GV_REFS_STATES, strlen(GV_REFS_STATES)) == 0;
}

/* The environment of a state's ref is the scope of its values. */
static int
find_scope_of_state(
    const char **scope, struct gv_sync *s, const struct gv_sync_ref *ref)
{
	const char *env = ref->name + strlen(GV_REFS_STATES);

	*scope = gv_arena_copy(&s->arena, env, strcspn(env, "/"));
	if (*scope == NULL)
		return GV_ENOMEM;
	if (!stays(s, *scope))
		*scope = NULL;
	return 0;
}

static int
hold(struct gv_sync *s, const struct gv_sync_ref *ref, const char *scope)
{
	struct gv_buf why = GV_BUF_INIT;
	char *text;
	int r = gv_sync_set_add(s, &s->held, ref->name);

	gv_buf_addf(&why,
	    "its secrets of scope %s are not pushed to %s, so it stays in this "
	    "clone until they are",
	    scope, s->remote);
	text = r == 0 ? gv_buf_take(&why) : NULL;
	gv_buf_release(&why);
	return text ? gv_sync_note(s, GV_SYNC_HELD, ref, text) : GV_ENOMEM;
}

int
gv_sync_hold(struct gv_sync *s)
{
	const char *scope;
	size_t i;
	int r = 0;

	if (!any_stays(s))
		return 0;
	for (i = 0; r == 0 && i < s->refs.n; i++) {
		const struct gv_sync_ref *ref = &s->refs.refs[i];

		scope = NULL;
		if (gv_oid_is_zero(&ref->ours) ||
		    gv_oid_equal(&ref->ours, &ref->theirs) ||
		    gv_sync_set_has(&s->held, ref->name) ||
		    gv_sync_set_has(&s->gone, ref->name))
			continue;
		if (ref->kind->merge == gv_sync_snapshot)
			r = find_scope(&scope, s, ref);
		else if (is_scope(ref) && s->has_other_keyring)
			r = gv_sync_set_add(s, &s->held, ref->name);
		else if (is_state(ref))
			r = find_scope_of_state(&scope, s, ref);
		if (r == 0 && scope)
			r = hold(s, ref, scope);
	}
	return r;
}
