#include "infra/state_repair_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

#define NAMED 12 /* addresses that a sentence names */

/* A member of the document that is put together. */
struct member {
	const char *key;
	unsigned source;
	uint64_t at, len;
};

struct plan {
	const struct gv_state_repair_what *what;
	struct gv_state_repair *out;
	const struct gv_state_document *head, *good; /* may be NULL */
	const struct gv_state_salvage *how;
	struct member *members;
	size_t n, cap;
	/* what is taken, in order; of the good version, those behind */
	const struct gv_state_found **taken;
	size_t n_taken, n_bad, cap_taken;
	struct gv_map by_address; /* the place in it, from 1 */
	bool is_conflict, other_lineage;
};

const char *
gv_state_note_name(enum gv_state_note kind)
{
	static const char *const names[] = {
		[GV_STATE_LOST] = "lost",
		[GV_STATE_ADDED] = "added",
		[GV_STATE_HEAD_FROM] = "head",
		[GV_STATE_CHOSEN] = "chosen",
		[GV_STATE_ONE_SIDED] = "one-sided",
		[GV_STATE_LEFT] = "left",
		[GV_STATE_UNDECIDED] = "undecided",
		[GV_STATE_TWICE] = "twice",
	};

	return names[kind];
}

size_t
gv_state_repair_bare(const char *address)
{
	const char *p = address, *open = NULL;

	while (*p) {
		if (*p++ != '[')
			continue;
		open = p - 1;
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				p += *p == '\\' && p[1];
		}
		while (*p && *p != ']')
			p++;
		if (*p == ']' && *++p == '\0')
			return (size_t)(open - address);
	}
	return (size_t)(p - address);
}

static int
note(struct plan *p, enum gv_state_note kind, const char *address)
{
	struct gv_state_repair *out = p->out;
	int r = gv_vec_grow(
	    (void **)&out->notes, &out->cap, out->n + 1, sizeof(*out->notes));

	if (r == 0)
		out->notes[out->n++] =
		    (struct gv_state_repair_note){ kind, address };
	return r;
}

/* Refuse, with the first addresses of a kind. */
static int
refuse(struct plan *p, enum gv_state_note kind, const char *what)
{
	struct gv_buf list = GV_BUF_INIT;
	size_t i, n = 0;
	int r;

	for (i = 0; i < p->out->n; i++) {
		if (p->out->notes[i].kind != kind)
			continue;
		if (n < NAMED)
			gv_buf_addf(&list, "%s%s", n ? ", " : "",
			    p->out->notes[i].address);
		n++;
	}
	if (n > NAMED)
		gv_buf_addf(&list, " and %zu more", n - NAMED);
	r = gv_buf_check(&list);
	if (r == 0 && n)
		r = gv_err(GV_EREFUSED, "%s: %s", what, list.p);
	gv_buf_release(&list);
	return r;
}

/* ---- which document ----------------------------------------------------- */

static const struct gv_state_salvage *
how_of(const char *tool)
{
	const struct gv_state_handler *h;
	size_t i;

	for (i = 0; (h = gv_state_handler_at(i)); i++)
		if (strcmp(h->tool, tool) == 0)
			return h->salvage;
	return NULL;
}

static enum gv_state_side
head_side(const struct plan *p)
{
	if (!p->is_conflict)
		return GV_STATE_BOTH;
	return p->what->prefer == GV_STATE_THEIRS ? GV_STATE_THEIRS
						  : GV_STATE_OURS;
}

static int
choose_document(struct plan *p)
{
	const struct gv_state_triage *bad = p->what->bad;
	size_t n = gv_state_triage_count(bad);
	size_t which = p->what->document ? p->what->document : 1;
	const struct gv_state_document *other;

	if (n > 1 && p->what->document == 0)
		return gv_err(GV_EREFUSED,
		    "%zu states stand in it one behind the other, and no two "
		    "can be one; say by --document N which is meant",
		    n);
	if (which > n)
		return gv_err(GV_EREFUSED,
		    n ? "it has no document %zu, only %zu"
		      : "nothing of it can be read as a state; restore a "
			"version that is whole",
		    which, n);
	if (bad->kind == GV_STATE_CONFLICT)
		p->is_conflict = true;
	p->head = gv_state_triage_document(bad, head_side(p), which);
	if (p->head == NULL)
		return gv_err(
		    GV_EREFUSED, "that side has no document %zu", which);
	other = p->is_conflict
	    ? gv_state_triage_document(bad,
		  head_side(p) == GV_STATE_OURS ? GV_STATE_THEIRS
						: GV_STATE_OURS,
		  which)
	    : NULL;
	p->other_lineage = other && p->head->info.lineage[0] &&
	    other->info.lineage[0] &&
	    strcmp(p->head->info.lineage, other->info.lineage) != 0;
	return 0;
}

static int
check_tool(struct plan *p)
{
	if (p->what->good)
		p->good =
		    gv_state_triage_document(p->what->good, GV_STATE_BOTH, 1);
	if (p->head->info.is_encrypted)
		return gv_err(GV_EREFUSED,
		    "its tool has encrypted it, so nothing in it can be told");
	if (p->head->has_more)
		return gv_err(
		    GV_EREFUSED, "it has more members than any state has");
	p->how = how_of(p->head->info.tool);
	if (p->how == NULL && p->good)
		p->how = how_of(p->good->info.tool);
	if (p->how == NULL || p->how->serial == NULL ||
	    (p->head->info.format && p->head->info.format != p->how->format))
		return gv_err(GV_EREFUSED,
		    "only states of Terraform and OpenTofu, of format 4, are "
		    "put together again; restore a version that is whole");
	if (p->good && p->good->info.lineage[0] && p->head->info.lineage[0] &&
	    strcmp(p->good->info.lineage, p->head->info.lineage) != 0)
		return gv_err(GV_EREFUSED,
		    "its lineage is %s, and that of the whole version is %s: "
		    "they are states of different things",
		    p->head->info.lineage, p->good->info.lineage);
	return 0;
}

static int
choose_serial(struct plan *p)
{
	const struct gv_state_triage *bad = p->what->bad;
	uint64_t most = p->what->above;
	size_t i;

	for (i = 0; i < bad->n_documents; i++)
		if (bad->documents[i].info.has_serial &&
		    bad->documents[i].info.serial > most)
			most = bad->documents[i].info.serial;
	/* Terraform takes none that is larger than a signed one */
	if (most >= INT64_MAX)
		return gv_err(GV_EREFUSED,
		    "a serial of it is %" PRIu64
		    ", and none can be above that; restore a version that is "
		    "whole",
		    most);
	p->out->serial = most + 1;
	return 0;
}

/* ---- resources and outputs ---------------------------------------------- */

static int
take(struct plan *p, const struct gv_state_found *f)
{
	int r = gv_vec_grow((void **)&p->taken, &p->cap_taken, p->n_taken + 1,
	    sizeof(struct gv_state_found *));

	if (r == 0) {
		p->taken[p->n_taken++] = f;
		r = gv_map_put(&p->by_address, f->address, strlen(f->address),
		    (void *)(uintptr_t)p->n_taken);
	}
	return r;
}

/* Two of one address that differ. */
static int
decide(struct plan *p, size_t at, const struct gv_state_found *f)
{
	const struct gv_state_found *was = p->taken[at];

	if (memcmp(was->sum, f->sum, GV_STATE_SUM) == 0)
		return 0;
	if (!p->is_conflict || was->side == f->side)
		return note(p, GV_STATE_TWICE, f->address);
	if (p->what->prefer == GV_STATE_BOTH)
		return note(p, GV_STATE_UNDECIDED, f->address);
	if (f->side == p->what->prefer)
		p->taken[at] = f;
	return note(p, GV_STATE_CHOSEN, f->address);
}

static bool
is_of(const struct plan *p, const struct gv_state_found *f)
{
	if (gv_state_triage_count(p->what->bad) > 1 &&
	    f->document != p->what->document)
		return false;
	return !p->other_lineage || f->side == GV_STATE_BOTH ||
	    f->side == head_side(p);
}

static int
take_bad(struct plan *p)
{
	const struct gv_state_triage *bad = p->what->bad;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < bad->n; i++) {
		const struct gv_state_found *f = &bad->found[i];
		uintptr_t at;

		if (!is_of(p, f)) {
			r = note(p, GV_STATE_LEFT, f->address);
			continue;
		}
		at = (uintptr_t)gv_map_get(
		    &p->by_address, f->address, strlen(f->address));
		r = at && p->taken ? decide(p, at - 1, f) : take(p, f);
	}
	p->n_bad = p->n_taken;
	return r;
}

/* What only one side of a conflict has, the other one may have destroyed. */
static int
note_sides(struct plan *p)
{
	const struct gv_state_triage *bad = p->what->bad;
	struct gv_map sides[2] = { GV_MAP_INIT, GV_MAP_INIT };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < bad->n; i++) {
		const struct gv_state_found *f = &bad->found[i];

		if (f->side != GV_STATE_BOTH)
			r = gv_map_put(&sides[f->side == GV_STATE_THEIRS],
			    f->address, strlen(f->address), (void *)f);
	}
	for (i = 0; r == 0 && i < p->n_taken; i++) {
		const struct gv_state_found *f = p->taken[i];

		if (f->side != GV_STATE_BOTH &&
		    gv_map_get(&sides[f->side == GV_STATE_OURS], f->address,
			strlen(f->address)) == NULL)
			r = note(p, GV_STATE_ONE_SIDED, f->address);
	}
	gv_map_release(&sides[0]);
	gv_map_release(&sides[1]);
	return r;
}

static bool
is_list_whole(const struct gv_state_document *d,
    const struct gv_state_salvage *how, bool outputs)
{
	const char *name = how == NULL ? NULL
	    : outputs                  ? how->outputs
				       : how->resources;
	size_t i;

	if (d->is_whole)
		return true;
	for (i = 0; name && i < d->n; i++)
		if (strcmp(d->members[i].key, name) == 0)
			return d->members[i].is_whole;
	return false;
}

bool
gv_state_repair_may_lose(
    const struct gv_state_triage *bad, size_t document, bool outputs)
{
	size_t i, numbers[3] = { 0 };
	bool any = false;

	for (i = 0; i < bad->n_documents; i++) {
		const struct gv_state_document *d = &bad->documents[i];

		if (++numbers[d->side] != document && document)
			continue;
		any = true;
		if (!is_list_whole(d, how_of(d->info.tool), outputs))
			return true;
	}
	return !any;
}

static int
take_good(struct plan *p)
{
	const struct gv_state_triage *good = p->what->good;
	const bool lost[2] = { gv_state_repair_may_lose(
				   p->what->bad, p->what->document, false),
		gv_state_repair_may_lose(
		    p->what->bad, p->what->document, true) };
	size_t i;
	int r = 0;

	for (i = 0; good && r == 0 && i < good->n; i++) {
		const struct gv_state_found *f = &good->found[i];

		if (!lost[f->is_output] ||
		    gv_map_get(&p->by_address, f->address, strlen(f->address)))
			continue;
		r = note(p, p->what->with_lost ? GV_STATE_ADDED : GV_STATE_LOST,
		    f->address);
		if (r == 0 && p->what->with_lost)
			r = take(p, f);
	}
	return r;
}

/* ---- the head ----------------------------------------------------------- */

static bool
is_list(const struct plan *p, const char *key)
{
	return strcmp(key, p->how->resources) == 0 ||
	    (p->how->outputs && strcmp(key, p->how->outputs) == 0);
}

static size_t
find_member(const struct plan *p, const char *key)
{
	size_t i = 0;

	while (i < p->n && strcmp(p->members[i].key, key) != 0)
		i++;
	return i;
}

static int
insert(struct plan *p, size_t at, const struct member *m)
{
	int r = gv_vec_grow(
	    (void **)&p->members, &p->cap, p->n + 1, sizeof(*p->members));

	if (r < 0)
		return r;
	memmove(p->members + at + 1, p->members + at,
	    (p->n - at) * sizeof(*p->members));
	p->members[at] = *m;
	p->n++;
	return 0;
}

/* Of a key that stands twice the last one counts, as it does for the tool. */
static int
take_head(struct plan *p)
{
	const struct gv_state_document *d = p->head;
	size_t i, at;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		const struct gv_state_member *from = &d->members[i];
		const struct member m = { from->key,
			head_side(p) == GV_STATE_THEIRS ? GV_STATE_FROM_THEIRS
							: GV_STATE_FROM_OURS,
			from->at, from->len };

		if (!from->is_whole && !is_list(p, from->key))
			continue;
		at = find_member(p, m.key);
		if (at < p->n)
			p->members[at] = m;
		else
			r = insert(p, p->n, &m);
	}
	return r;
}

/* What it has lost of its head, in the place that it has there. */
static int
take_head_of_good(struct plan *p)
{
	size_t i, after = 0;
	int r = 0;

	for (i = 0; p->good && r == 0 && i < p->good->n; i++) {
		const struct gv_state_member *from = &p->good->members[i];
		const struct member m = { from->key, GV_STATE_FROM_GOOD,
			from->at, from->len };
		size_t at = find_member(p, m.key);

		if (at < p->n) {
			after = at + 1;
			continue;
		}
		/* a document that ends says what it has not */
		if (p->head->is_whole)
			continue;
		r = insert(p, after++, &m);
		if (r == 0 && !is_list(p, m.key))
			r = note(p, GV_STATE_HEAD_FROM, m.key);
	}
	return r;
}

static int
need_member(struct plan *p, const char *key, size_t at)
{
	const struct member m = { .key = key };

	return key == NULL || find_member(p, key) < p->n
	    ? 0
	    : insert(p, at < p->n ? at : p->n, &m);
}

static int
check_head(struct plan *p)
{
	const char *const *need;
	int r = 0;

	for (need = p->how->needs; r == 0 && *need; need++)
		if (find_member(p, *need) == p->n)
			r = gv_err(GV_EREFUSED,
			    "its %s is damaged, and there is no whole version "
			    "to take it from; name one by --from VERSION",
			    *need);
	if (r == 0)
		r = need_member(p, p->how->serial, 1);
	if (r == 0 && p->how->outputs)
		r = need_member(p, p->how->outputs, p->n);
	return r < 0 ? r : need_member(p, p->how->resources, p->n);
}

static const struct gv_state_member *
member_of(const struct gv_state_document *d, const char *key)
{
	const struct gv_state_member *found = NULL;
	size_t i;

	for (i = 0; i < d->n; i++)
		if (strcmp(d->members[i].key, key) == 0)
			found = &d->members[i];
	return found && found->is_whole ? found : NULL;
}

/* Members besides the serial that the sides do not agree about. */
static int
compare_heads(struct plan *p)
{
	const struct gv_state_document *other;
	size_t i;
	int r = 0;

	if (!p->is_conflict)
		return 0;
	other = gv_state_triage_document(p->what->bad,
	    head_side(p) == GV_STATE_OURS ? GV_STATE_THEIRS : GV_STATE_OURS,
	    p->what->document ? p->what->document : 1);
	for (i = 0; other && r == 0 && i < p->head->n; i++) {
		const struct gv_state_member *a = &p->head->members[i];
		const struct gv_state_member *b = member_of(other, a->key);

		if (!a->is_whole || is_list(p, a->key) ||
		    strcmp(a->key, p->how->serial) == 0 || b == NULL ||
		    memcmp(a->sum, b->sum, GV_STATE_SUM) == 0)
			continue;
		r = note(p,
		    p->what->prefer == GV_STATE_BOTH ? GV_STATE_UNDECIDED
						     : GV_STATE_CHOSEN,
		    a->key);
	}
	return r;
}

/* ---- putting it together ------------------------------------------------ */

static unsigned
source_of(const struct plan *p, size_t taken)
{
	if (taken >= p->n_bad)
		return GV_STATE_FROM_GOOD;
	return p->taken[taken]->side == GV_STATE_THEIRS ? GV_STATE_FROM_THEIRS
							: GV_STATE_FROM_OURS;
}

/* All that was taken of a source. */
static int
compose_things(struct plan *p, unsigned source, bool outputs, bool *has_one)
{
	struct gv_state_composed *c = p->out->composed;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->n_taken; i++) {
		const struct gv_state_found *f = p->taken[i];

		if (f->is_output != outputs || source_of(p, i) != source)
			continue;
		r = gv_state_composed_text(c, *has_one ? ",\n    " : "\n    ");
		if (r == 0)
			r = gv_state_composed_slice(c, source, f->at, f->len);
		*has_one = true;
		*(outputs ? &p->out->outputs : &p->out->resources) += 1;
	}
	return r;
}

static int
compose_list(struct plan *p, bool outputs)
{
	struct gv_state_composed *c = p->out->composed;
	bool has_one = false;
	unsigned source;
	int r = gv_state_composed_text(c, outputs ? "{" : "[");

	for (source = 0; r == 0 && source < GV_STATE_SOURCES; source++)
		r = compose_things(p, source, outputs, &has_one);
	if (r == 0 && has_one)
		r = gv_state_composed_text(c, "\n  ");
	return r < 0 ? r : gv_state_composed_text(c, outputs ? "}" : "]");
}

static int
compose_value(struct plan *p, const struct member *m)
{
	struct gv_state_composed *c = p->out->composed;
	char number[24];
	char *text;
	int n;

	if (strcmp(m->key, p->how->resources) == 0)
		return compose_list(p, false);
	if (p->how->outputs && strcmp(m->key, p->how->outputs) == 0)
		return compose_list(p, true);
	if (strcmp(m->key, p->how->serial) != 0)
		return gv_state_composed_slice(c, m->source, m->at, m->len);
	n = snprintf(number, sizeof(number), "%" PRIu64, p->out->serial);
	text = gv_arena_copy(&p->out->arena, number, (size_t)n);
	return text ? gv_state_composed_text(c, text) : GV_ENOMEM;
}

static int
compose(struct plan *p)
{
	struct gv_state_composed *c = p->out->composed;
	size_t i;
	int r = gv_state_composed_text(c, "{\n  \"");

	for (i = 0; r == 0 && i < p->n; i++) {
		if (i)
			r = gv_state_composed_text(c, ",\n  \"");
		if (r == 0)
			r = gv_state_composed_text(c, p->members[i].key);
		if (r == 0)
			r = gv_state_composed_text(c, "\": ");
		if (r == 0)
			r = compose_value(p, &p->members[i]);
	}
	return r < 0 ? r : gv_state_composed_text(c, "\n}\n");
}

static int
check_decided(struct plan *p)
{
	int r = refuse(p, GV_STATE_TWICE,
	    "these stand twice in it, each time with other content; restore a "
	    "version that is whole");

	if (r == 0)
		r = refuse(p, GV_STATE_UNDECIDED,
		    "the sides of the merge do not agree about these; say "
		    "--ours or --theirs");
	if (r == 0 && p->other_lineage && p->what->prefer == GV_STATE_BOTH)
		r = gv_err(GV_EREFUSED,
		    "the sides of the merge are states of different things; "
		    "say --ours or --theirs");
	if (r == 0 && p->n_bad == 0 && p->head->n == 0)
		r = gv_err(GV_EREFUSED,
		    "nothing of it is whole; restore a version that is");
	return r;
}

static int
make(struct plan *p)
{
	int r = choose_document(p);

	if (r == 0)
		r = check_tool(p);
	if (r == 0)
		r = choose_serial(p);
	if (r == 0)
		r = take_bad(p);
	if (r == 0)
		r = compare_heads(p);
	if (r == 0)
		r = check_decided(p);
	if (r == 0 && p->is_conflict)
		r = note_sides(p);
	if (r == 0)
		r = take_good(p);
	if (r == 0)
		r = take_head(p);
	if (r == 0)
		r = take_head_of_good(p);
	if (r == 0)
		r = check_head(p);
	return r < 0 ? r : compose(p);
}

int
gv_state_repair_new(
    struct gv_state_repair **out, const struct gv_state_repair_what *what)
{
	struct plan p = { .what = what, .by_address = GV_MAP_INIT };
	int r;

	p.out = calloc(1, sizeof(*p.out));
	if (p.out == NULL)
		return gv_err_nomem();
	r = gv_state_composed_new(&p.out->composed, what);
	if (r == 0)
		r = make(&p);
	free(p.members);
	free(p.taken);
	gv_map_release(&p.by_address);
	if (r < 0)
		gv_state_repair_free(p.out);
	else
		*out = p.out;
	return r;
}

void
gv_state_repair_free(struct gv_state_repair *repair)
{
	if (repair == NULL)
		return;
	gv_state_composed_free(repair->composed);
	free(repair->notes);
	gv_arena_release(&repair->arena);
	free(repair);
}
