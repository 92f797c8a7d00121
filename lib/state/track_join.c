#include "state/track_join.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/pack.h"
#include "safe/safe_who.h"
#include "safe/safe_writer.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "vault/ledger.h"

struct joining {
	struct gv_ledger_edit *edit;
	const struct gv_track_of *of;
	const struct gv_track_sides *sides;
	const unsigned char *key;
	struct gv_map theirs; /* their versions, by commit */
	struct gv_arena arena;
	struct gv_oid *ours; /* what they have not, the newest first */
	size_t n, cap;
};

/* Their versions, from the newest to the first. */
static int
read_theirs(struct joining *j, struct gv_oid at)
{
	struct gv_track_version v = { 0 };
	char *key;
	int r = 0;

	while (r == 0 && !gv_oid_is_zero(&at)) {
		key = gv_arena_copy(&j->arena, at.id, GV_OID_RAW);
		r = key ? gv_map_put(&j->theirs, key, GV_OID_RAW, key)
			: GV_ENOMEM;
		if (r == 0 &&
		    (r = gv_track_load_of(&v, j->edit->odb, &at, j->of)) == 0)
			at = v.previous;
		gv_track_version_release(&v);
	}
	return r;
}

static int
read_ours(struct joining *j, struct gv_oid at)
{
	struct gv_track_version v = { 0 };
	int r = 0;

	while (r == 0 && !gv_oid_is_zero(&at) &&
	    !gv_map_get(&j->theirs, at.id, GV_OID_RAW)) {
		if ((r = GV_GROW(j->ours, j->n, j->cap)) == 0)
			j->ours[j->n++] = at;
		if (r == 0 &&
		    (r = gv_track_load_of(&v, j->edit->odb, &at, j->of)) == 0)
			at = v.previous;
		gv_track_version_release(&v);
	}
	return r;
}

/* The version `from` once more, behind *tip, which it becomes; with `also` for
 * a parent, and the reason, in the last one. */
static int
repeat(struct joining *j, struct gv_oid *tip, const struct gv_oid *from,
    const struct gv_oid *also)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_track_version v = { 0 };
	enum gv_track_binding kind;
	int r = gv_track_load_of(&v, j->edit->odb, from, j->of);

	if (r == 0)
		r = gv_track_binding_check(
		    &kind, j->sides->repo, j->sides->safe, &v);
	/* without a reason its serial would be refused behind theirs */
	if (r == 0 && v.forced == NULL) {
		v.forced = strdup(also ? j->sides->why
				       : "saved without knowing the version "
					 "before it");
		r = v.forced ? 0 : gv_err_nomem();
	}
	v.previous = *tip;
	v.also = also ? *also : (struct gv_oid){ { 0 } };
	if (r < 0)
		goto out;
	r = gv_track_commit_format(&text, j->edit->repo, &v, j->key);
	if (r < 0)
		goto out;
	r = gv_pack_add(
	    j->edit->lane, tip, GV_OTYPE_COMMIT, text.p, text.len, NULL);
out:
	gv_buf_release(&text);
	gv_track_version_release(&v);
	return r;
}

static int
find_key(struct joining *j)
{
	int r = gv_safe_naming_key(&j->key, j->sides->safe, j->of->env);

	struct gv_buf command = GV_BUF_INIT;
	int found;

	if (r < 0 || j->key)
		return r;
	found = gv_safe_add_command(&command, j->sides->safe);
	r = found < 0
	    ? found
	    : gv_err(GV_ENOKEY,
		  "the vault's id key binds versions, and no identity of this "
		  "host opens it%s%s",
		  found ? "; to add this host, an owner runs: " : "",
		  found ? command.p : "");
	gv_buf_release(&command);
	return r;
}

int
gv_track_join(struct gv_oid *tip, struct gv_ledger_edit *edit,
    const struct gv_track_of *of, const struct gv_track_sides *sides)
{
	struct joining j = { .edit = edit,
		.of = of,
		.sides = sides,
		.theirs = GV_MAP_INIT,
		.arena = GV_ARENA_INIT };
	bool keep = sides->keep_theirs;
	size_t i;
	int r = find_key(&j);

	*tip = sides->theirs;
	if (r == 0 && (r = read_theirs(&j, sides->theirs)) == 0)
		r = read_ours(&j, sides->ours);
	for (i = j.n; r == 0 && i > 0; i--)
		r = repeat(&j, tip, &j.ours[i - 1],
		    i == 1 && !keep ? &sides->ours : NULL);
	if (r == 0 && keep)
		r = repeat(&j, tip, &sides->theirs, &sides->ours);
	gv_map_release(&j.theirs);
	gv_arena_release(&j.arena);
	free(j.ours);
	return r;
}
