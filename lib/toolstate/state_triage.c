#include "toolstate/state_triage_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/memory.h"

/*
 * A first pass over all bytes finds most there is. Only where the markers of a
 * merge were seen the file is two sides, each of them a state, and is read once
 * more for each.
 */

const char *
gv_state_damage_name(enum gv_state_damage kind)
{
	static const char *const names[] = {
		[GV_STATE_WHOLE] = "whole",
		[GV_STATE_CONFLICT] = "conflict",
		[GV_STATE_NULS] = "nuls",
		[GV_STATE_JOINED] = "joined",
		[GV_STATE_TRUNCATED] = "truncated",
		[GV_STATE_DAMAGED] = "damaged",
		[GV_STATE_ENCODED] = "encoded",
		[GV_STATE_DELETED] = "deleted",
	};

	return names[kind];
}

void
gv_state_triage_release(struct gv_state_triage *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_documents; i++)
		free(t->documents[i].members);
	free(t->documents);
	free(t->found);
	gv_arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}

const struct gv_state_document *
gv_state_triage_document(
    const struct gv_state_triage *t, enum gv_state_side side, size_t n)
{
	size_t i, at = 0;

	for (i = 0; i < t->n_documents; i++)
		if (t->documents[i].side == side && ++at == n)
			return &t->documents[i];
	return NULL;
}

size_t
gv_state_triage_count(const struct gv_state_triage *t)
{
	size_t counts[3] = { 0 }, i, most = 0;

	for (i = 0; i < t->n_documents; i++)
		if (++counts[t->documents[i].side] > most)
			most = counts[t->documents[i].side];
	return most;
}

/* ---- sides -------------------------------------------------------------- */

/* What stands in no conflict is of both sides, and told once. */
static int
join_sides(struct gv_state_triage *t, size_t theirs)
{
	struct gv_map map = GV_MAP_INIT;
	size_t i, n = theirs;
	int r = 0;

	for (i = 0; r == 0 && i < theirs; i++)
		if (t->found[i].to - t->found[i].from == t->found[i].len)
			r = gv_map_put(&map, &t->found[i].from,
			    sizeof(t->found[i].from), &t->found[i]);
	for (i = theirs; r == 0 && i < t->n; i++) {
		const struct gv_state_found *f = &t->found[i];
		struct gv_state_found *ours =
		    gv_map_get(&map, &f->from, sizeof(f->from));

		if (ours && ours->to == f->to && ours->len == f->len)
			ours->side = GV_STATE_BOTH;
		else
			t->found[n++] = *f;
	}
	if (r == 0)
		t->n = n;
	gv_map_release(&map);
	return r;
}

static int
read_side(struct gv_state_triage *t, const struct gv_state_again *source,
    enum gv_state_side side)
{
	const struct gv_state_pass pass = {
		.source = source, .side = side, .is_strict = true
	};
	struct gv_state_part *part = NULL;
	bool early, is_odd;
	int r = gv_state_part_new(&part, source, side);

	if (r == 0)
		r = gv_state_salvage(t, &early, &is_odd, part, &pass);
	gv_state_part_free(part);
	return r;
}

static int
read_sides(struct gv_state_triage *t, const struct gv_state_again *source)
{
	size_t theirs;
	int r = read_side(t, source, GV_STATE_OURS);

	theirs = t->n;
	if (r < 0 || (r = read_side(t, source, GV_STATE_THEIRS)) < 0)
		return r;
	return join_sides(t, theirs);
}

/* ---- the kind ----------------------------------------------------------- */

/* A word or an escape, which is known where it begins, has fewer bytes. */
#define TOKEN 8

static void
say_joined(struct gv_state_triage *t)
{
	(void)snprintf(t->damage, sizeof(t->damage),
	    "%zu states are in it, one after the other", t->n_documents);
}

static void
say(struct gv_state_triage *t, const struct gv_state_seen *seen, bool early)
{
	const char *claimed = t->n_documents ? t->documents[0].info.damage : "";

	if (t->wrong[0] == '\0' && claimed[0] == '\0') {
		t->kind = GV_STATE_WHOLE;
		return;
	}
	if (seen->conflicts || seen->is_open) {
		t->kind = GV_STATE_CONFLICT;
		(void)snprintf(t->damage, sizeof(t->damage),
		    "a merge left %" PRIu64 " conflict%s in it, the first in "
		    "line %" PRIu64,
		    seen->conflicts + seen->is_open,
		    seen->conflicts + seen->is_open == 1 ? "" : "s",
		    seen->first_conflict);
	} else if (seen->nuls && seen->first_nul - t->wrong_at < TOKEN) {
		t->kind = GV_STATE_NULS;
		(void)snprintf(t->damage, sizeof(t->damage),
		    "%" PRIu64 " of its bytes %s NUL, the first one is byte "
		    "%" PRIu64,
		    seen->nuls, seen->nuls == 1 ? "is" : "are",
		    seen->first_nul);
	} else if (t->n_documents > 1) {
		t->kind = GV_STATE_JOINED;
		say_joined(t);
	} else if (early) {
		t->kind = GV_STATE_TRUNCATED;
		(void)snprintf(t->damage, sizeof(t->damage),
		    "it ends early, after %" PRIu64 " bytes", seen->size);
	} else {
		t->kind = GV_STATE_DAMAGED;
		(void)snprintf(t->damage, sizeof(t->damage), "%s",
		    t->wrong[0] ? t->wrong : claimed);
	}
}

/* ---- a list that is not where it should be ------------------------------ */

static bool
has_list(const struct gv_state_document *d)
{
	const struct gv_state_salvage *how = gv_state_body_how(d->info.tool);

	return how == NULL || how->is_loose || d->info.is_encrypted ||
	    d->has_more || gv_state_body_list(how, d, false) != NULL;
}

/* A byte in its name is another one: it is JSON, and no state. */
static int
look_elsewhere(struct gv_state_triage *t, const struct gv_state_again *source,
    struct gv_state_part *part)
{
	const struct gv_state_pass pass = { .source = source,
		.is_blind = true };
	struct gv_state_document *d = &t->documents[0];
	size_t before = 0, i, k;
	bool early, is_odd;
	int r;

	for (i = 0; i < t->n; i++)
		if (t->found[i].is_output)
			t->found[before++] = t->found[i];
	t->n = before;
	r = gv_state_salvage(t, &early, &is_odd, part, &pass);
	if (r < 0 || t->n == before)
		return r;
	if (t->kind == GV_STATE_WHOLE)
		(void)snprintf(t->damage, sizeof(t->damage),
		    "its resources are not where its tool writes them");
	if (t->kind == GV_STATE_WHOLE)
		t->kind = GV_STATE_DAMAGED;
	d->is_whole = false;
	for (i = 0; i < d->n; i++)
		for (k = before; d->members[i].is_whole && k < t->n; k++)
			d->members[i].is_whole =
			    t->found[k].at < d->members[i].at ||
			    t->found[k].at >=
				d->members[i].at + d->members[i].len;
	return 0;
}

static void
note_seen(struct gv_state_triage *t, const struct gv_state_seen *seen)
{
	t->size = seen->size;
	t->nuls = seen->nuls;
	t->first_nul = seen->first_nul;
	t->conflicts = seen->conflicts + seen->is_open;
	t->first_conflict = seen->first_conflict;
}

static int
run(struct gv_state_triage *t, const struct gv_state_again *source,
    struct gv_state_part *part)
{
	struct gv_state_pass pass = { .source = source };
	struct gv_state_triage kept;
	bool early = false, is_odd = false, again;
	int r = gv_state_salvage(t, &early, &is_odd, part, &pass);

	if (r < 0)
		return r;
	note_seen(t, gv_state_part_seen(part));
	say(t, gv_state_part_seen(part), early);
	if (t->kind != GV_STATE_CONFLICT && t->n_documents == 1 &&
	    !has_list(&t->documents[0]))
		return look_elsewhere(t, source, part);
	if (t->kind == GV_STATE_WHOLE ||
	    (t->kind != GV_STATE_CONFLICT && !is_odd))
		return 0;
	kept = *t;
	gv_state_triage_release(t);
	if (kept.kind == GV_STATE_CONFLICT) {
		r = read_sides(t, source);
	} else {
		pass.is_strict = true;
		r = gv_state_salvage(t, &again, &is_odd, part, &pass);
	}
	t->kind = kept.kind;
	memcpy(t->damage, kept.damage, sizeof(t->damage));
	memcpy(t->wrong, kept.wrong, sizeof(t->wrong));
	t->wrong_at = kept.wrong_at;
	note_seen(t,
	    &(struct gv_state_seen){ kept.size, kept.nuls, kept.first_nul,
		kept.conflicts, kept.first_conflict, false });
	return r;
}

/* ---- what is no JSON ---------------------------------------------------- */

static int
pass_over(void *ctx, const struct gv_state_group *group)
{
	(void)ctx;
	(void)group;
	return 0;
}

/* Whether it begins as YAML does that is read, conflicts or not. */
static int
look_for_yaml(bool *out, const struct gv_state_again *source)
{
	char *room = gv_memory_get(source->memory, GV_STATE_WINDOW);
	size_t have = 0;
	int64_t n = 1;
	int r = room ? source->rewind(source->ctx) : GV_ENOMEM;

	while (r == 0 && n > 0 && have < GV_STATE_WINDOW) {
		n = source->read(
		    source->ctx, room + have, GV_STATE_WINDOW - have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (r == 0 && n < 0)
		r = (int)n;
	*out = r == 0 && gv_state_yaml_is(room, have);
	gv_memory_put(source->memory, room, GV_STATE_WINDOW);
	return r;
}

/* It may be a state all the same, in YAML: who reads states says. */
static int
ask_reader(struct gv_state_triage *t, const struct gv_state_again *source)
{
	const struct gv_state_source plain = { .read = source->read,
		.ctx = source->ctx,
		.memory = source->memory,
		.unpack = source->unpack };
	struct gv_state_info info = { .tool = "" };
	int r = source->rewind(source->ctx);

	if (r == 0)
		r = gv_state_run(&info, &plain, pass_over, NULL);
	if (r < 0)
		return r;
	if (info.damage[0] == '\0')
		t->kind = GV_STATE_WHOLE;
	(void)snprintf(t->damage, sizeof(t->damage), "%s", info.damage);
	(void)snprintf(t->wrong, sizeof(t->wrong), "%s", info.damage);
	return 0;
}

int
gv_state_triage_run(
    struct gv_state_triage *out, const struct gv_state_again *source)
{
	struct gv_state_part *part = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = gv_state_part_new(&part, source, GV_STATE_BOTH)) == 0 &&
	    (r = run(out, source, part)) == 0 && out->kind != GV_STATE_WHOLE &&
	    out->n_documents == 0)
		r = look_for_yaml(&out->is_yaml, source);
	if (r == 0 && out->kind == GV_STATE_DAMAGED && out->n == 0)
		r = ask_reader(out, source);
	gv_state_part_free(part);
	if (r < 0)
		gv_state_triage_release(out);
	return r;
}
