#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "remote/remote.h"
#include "remote/tracked.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sync/sync_internal.h"
#include "vault/note.h"

#define OURS      GV_REFS_VAULT
#define SNAPSHOTS "snapshots/"

/* ---- a ref on both sides ------------------------------------------------- */

static int
add_ref(struct gv_sync *s, const char *name, const struct gv_oid *ours,
    const struct gv_oid *theirs)
{
	static const struct gv_oid none;
	const struct gv_sync_kind *kind = gv_sync_kind_of(name);
	struct gv_sync_refs *to = &s->refs;
	struct gv_sync_ref *ref;
	int r;

	if (kind == NULL || !gv_sync_kind_is_picked(s->opts, kind, name))
		return 0;
	if (gv_sync_narrow_is_on(s->opts)) {
		r = gv_sync_narrow_is_picked(
		    s, name, ours ? ours : &none, theirs ? theirs : &none);
		if (r <= 0)
			return r;
	}
	r = GV_GROW(to->refs, to->n, to->cap);
	if (r < 0)
		return r;
	ref = &to->refs[to->n++];
	*ref = (struct gv_sync_ref){ .name = name, .kind = kind };
	if (ours)
		ref->ours = *ours;
	if (theirs)
		ref->theirs = *theirs;
	return 0;
}

/* What a ref that a fetch brought is called here; the list's. */
static int
own_name(const char **out, struct gv_sync_refs *to, const char *rest)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if ((r = GV_GROW(to->names, to->n_names, to->cap_names)) < 0 ||
	    (r = gv_sync_name_ours(&name, rest)) < 0)
		goto out;
	to->names[to->n_names] = gv_buf_take(&name);
	if (to->names[to->n_names] == NULL) {
		r = GV_ENOMEM;
		goto out;
	}
	*out = to->names[to->n_names++];
out:
	gv_buf_release(&name);
	return r;
}

static int
add_theirs(struct gv_sync *s, size_t prefix)
{
	struct gv_sync_refs *to = &s->refs;
	const struct gv_ref *ours;
	const char *name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < to->theirs.n; i++) {
		const struct gv_ref *ref = &to->theirs.refs[i];

		r = own_name(&name, to, ref->name + prefix);
		ours = r == 0 ? gv_refs_find(&to->ours, name) : NULL;
		if (r == 0)
			r = add_ref(
			    s, name, ours ? &ours->oid : NULL, &ref->oid);
	}
	return r;
}

static int
add_ours(struct gv_sync *s, const char *prefix)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.ours.n; i++) {
		const struct gv_ref *ref = &s->refs.ours.refs[i];

		gv_buf_reset(&name);
		gv_buf_addf(&name, "%s%s", prefix,
		    ref->name +
			strlen(strcmp(ref->name, GV_REF_NOTES) == 0 ? "refs/"
								    : OURS));
		if ((r = gv_buf_check(&name)) == 0 &&
		    !gv_refs_find(&s->refs.theirs, name.p))
			r = add_ref(s, ref->name, &ref->oid, NULL);
	}
	gv_buf_release(&name);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_sync_ref *x = a, *y = b;
	size_t i = gv_sync_kind_rank(x->kind), j = gv_sync_kind_rank(y->kind);

	return i != j ? (i > j) - (i < j) : strcmp(x->name, y->name);
}

/* A list of our own of what the caller has; the names stay the caller's. */
static int
copy_given(struct gv_refs *out, const struct gv_refs *given)
{
	out->refs = calloc(given->n + 1, sizeof(*out->refs));
	if (out->refs == NULL)
		return gv_err_nomem();
	if (given->n)
		memcpy(out->refs, given->refs, given->n * sizeof(*out->refs));
	out->n = given->n;
	return 0;
}

/* ---- theirs ------------------------------------------------------------- */

static int
add_line(struct gv_buf *out, const struct gv_oid *oid, const char *prefix,
    const char *rest)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s %s%s\n", hex, prefix, rest);
	return gv_buf_check(out);
}

/* Who does not fetch may not have looked at the remote for long: it may have
 * been made again or set back, or be another one now. What it has no more is
 * not theirs, and what it has in its place is, as far as that is here; else the
 * push is refused there. False where it has none of that name. */
static bool
is_there_yet(struct gv_oid *oid, const struct gv_sync *s, struct gv_odb *odb,
    const char *rest)
{
	const struct gv_ref *there = NULL;
	struct gv_buf name = GV_BUF_INIT;

	if (gv_sync_name_ours(&name, rest) == 0)
		there = gv_refs_find(&s->there, name.p);
	if (there && gv_odb_has(odb, &there->oid))
		*oid = there->oid;
	gv_buf_release(&name);
	return there != NULL;
}

static int
add_copies(struct gv_buf *lines, const struct gv_sync *s, const char *prefix)
{
	struct gv_refs copies = { 0 };
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(s->repo, &odb);

	if (r == 0)
		r = gv_ref_list(&copies, s->repo, prefix);
	for (i = 0; r == 0 && i < copies.n; i++) {
		const char *rest = copies.refs[i].name + strlen(prefix);
		struct gv_oid oid = copies.refs[i].oid;

		if (strncmp(rest, SNAPSHOTS, strlen(SNAPSHOTS)) != 0 &&
		    (!s->opts->no_fetch || is_there_yet(&oid, s, odb, rest)))
			r = add_line(lines, &oid, prefix, rest);
	}
	gv_refs_release(&copies);
	return r;
}

/* As the last fetch brought them; but of snapshots no copy is kept which ours
 * is the same as, so they are as the remote itself has just told. */
static int
list_theirs(struct gv_sync *s, const char *prefix)
{
	struct gv_buf lines = GV_BUF_INIT;
	size_t i;
	int r = 0;

	if (s->there.text == NULL && (r = gv_sync_ask(&s->there, s)) < 0)
		goto out;
	if ((r = add_copies(&lines, s, prefix)) < 0)
		goto out;
	for (i = 0; r == 0 && i < s->there.n; i++) {
		const struct gv_ref *ref = &s->there.refs[i];

		if (gv_tracked_is_snapshot(ref->name))
			r = add_line(&lines, &ref->oid, prefix,
			    ref->name + strlen(OURS));
	}
	if (r < 0)
		goto out;
	r = gv_refs_parse(&s->refs.theirs, &lines);
out:
	gv_buf_release(&lines);
	return r;
}

/* ---- what is in the way -------------------------------------------------- */

/* Where only commits can be, git would end all of it over anything else. It is
 * told once, and then as if it were not there; ours is not pushed on it. */
static int
set_aside(struct gv_sync *s)
{
	static const struct gv_oid none;
	enum gv_otype found;
	struct gv_odb *odb;
	size_t i, size;
	int r = gv_repo_odb(s->repo, &odb);

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		struct gv_sync_ref *ref = &s->refs.refs[i];

		if (!ref->kind->is_chain || gv_oid_is_zero(&ref->theirs) ||
		    gv_oid_equal(&ref->ours, &ref->theirs) ||
		    gv_odb_read_header(odb, &found, &size, &ref->theirs) < 0 ||
		    found == GV_OTYPE_COMMIT)
			continue;
		(void)gv_err(GV_EREFUSED, "it is a %s and no commit",
		    gv_oid_type_name(found));
		if (!gv_sync_set_has(&s->held, ref->name))
			r = gv_sync_conflict_of_damage(s, ref);
		ref->theirs = none;
	}
	return r;
}

bool
gv_sync_is_in_the_way(const struct gv_sync *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->refs.ours.n; i++) {
		const char *ours = s->refs.ours.refs[i].name;

		if (gv_ref_is_below(name, ours) || gv_ref_is_below(ours, name))
			return true;
	}
	return false;
}

/* What the remote has under a name that no record has may keep vault refs
 * from being made there, and with them all that is pushed beside them. */
static int
hold_back(struct gv_sync *s, const struct gv_sync_ref *odd)
{
	struct gv_buf there = GV_BUF_INIT, gone = GV_BUF_INIT,
		      push = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addstr(&gone, ":");
	if ((r = gv_remote_ref_there(&there, &s->map, odd->name)) == 0 &&
	    (r = gv_remote_ref_there(&gone, &s->map, odd->name)) == 0)
		r = gv_sync_add_push(&push, s, &gone);

	for (i = 0; r == 0 && i < s->refs.n; i++) {
		struct gv_sync_ref *ref = &s->refs.refs[i];

		if (gv_oid_is_zero(&ref->ours) ||
		    gv_sync_set_has(&s->held, ref->name) ||
		    !(gv_ref_is_below(ref->name, odd->name) ||
			gv_ref_is_below(odd->name, ref->name)))
			continue;
		(void)gv_err(GV_EREFUSED,
		    "the remote has %s, which is in the way; to delete it:%s",
		    there.p, push.p);
		r = gv_sync_conflict(s, ref);
	}
	gv_buf_release(&there);
	gv_buf_release(&gone);
	gv_buf_release(&push);
	return r;
}

static int
hold_back_all(struct gv_sync *s)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->refs.n; i++)
		if (!gv_oid_is_zero(&s->refs.refs[i].theirs) &&
		    (s->refs.refs[i].kind->parts < 0 ||
			!gv_sync_kind_is_name(
			    s->refs.refs[i].kind, s->refs.refs[i].name)))
			r = hold_back(s, &s->refs.refs[i]);
	return r;
}

/* ---- both sides --------------------------------------------------------- */

int
gv_sync_list(struct gv_sync *s)
{
	static const char *const notes[] = { GV_REF_NOTES, NULL };
	struct gv_buf prefix = GV_BUF_INIT;
	int r;

	gv_sync_refs_release(&s->refs);
	if (s->opts->given)
		gv_buf_addstr(&prefix, GV_REFS_BUNDLE);
	else
		gv_buf_addf(&prefix, GV_REFS_REMOTES "%s/", s->remote);
	if ((r = gv_buf_check(&prefix)) < 0 ||
	    (r = gv_ref_list_with(&s->refs.ours, s->repo, notes, OURS)) < 0)
		goto out;
	r = s->opts->given ? copy_given(&s->refs.theirs, s->opts->given)
			   : list_theirs(s, prefix.p);
	if (r < 0 || (r = gv_sync_narrow_prepare(s)) < 0 ||
	    (r = add_theirs(s, prefix.len)) != 0 ||
	    (r = add_ours(s, prefix.p)) != 0)
		goto out;
	if (s->refs.n)
		qsort(s->refs.refs, s->refs.n, sizeof(*s->refs.refs), compare);
	if ((r = set_aside(s)) < 0)
		goto out;
	if (!s->opts->no_push)
		r = hold_back_all(s);
out:
	gv_buf_release(&prefix);
	return r;
}

void
gv_sync_refs_release(struct gv_sync_refs *refs)
{
	while (refs->n_names > 0)
		free(refs->names[--refs->n_names]);
	free(refs->names);
	free(refs->refs);
	gv_refs_release(&refs->ours);
	gv_refs_release(&refs->theirs);
	memset(refs, 0, sizeof(*refs));
}
