#include "toolstate/state_repair_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

#define NAMED 12 /* addresses that a sentence names */

/* How often a source may be read from its beginning again, since what is
 * needed is to stand before who needs it. */
#define MOST_TURNS 256

struct plan {
	const struct gv_state_repair_what *what;
	struct gv_state_repair *out;
	const struct gv_state_document *head, *good; /* may be NULL */
	const struct gv_state_salvage *how;
	struct gv_state_head made;
	/* what is taken, in order; of the good version, those behind */
	const struct gv_state_found **taken;
	size_t n_taken, n_bad, cap_taken;
	size_t *order;            /* of those taken */
	struct gv_map by_address; /* the place in it, from 1 */
	bool is_conflict, other_lineage;
};

static int
note(struct plan *p, enum gv_state_note kind, const char *address)
{
	struct gv_state_repair *out = p->out;
	int r;

	if ((r = GV_GROW(out->notes, out->n, out->cap)) < 0)
		return r;
	out->notes[out->n++] =
	    (struct gv_state_repair_note){ .kind = kind, .address = address };
	return 0;
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
	if ((r = gv_buf_check(&list)) == 0 && n)
		r = gv_err(GV_EREFUSED, "%s: %s", what, list.p);
	gv_buf_release(&list);
	return r;
}

/* ---- which document ----------------------------------------------------- */

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

	if (n == 0 && bad->is_yaml)
		return gv_err(GV_EREFUSED,
		    "it is YAML, which cannot be repaired, since the end of a "
		    "value depends on what follows; restore an intact version");
	if (n > 1 && p->what->document == 0)
		return gv_err(GV_EREFUSED,
		    "%zu states are in it, one after the other, and they "
		    "cannot be merged; choose one by --document N",
		    n);
	if (which > n)
		return gv_err(GV_EREFUSED,
		    n ? "it has no document %zu, only %zu"
		      : "nothing of it can be read as a state; restore an "
			"intact version",
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
		    "its tool has encrypted it, so nothing in it can be listed");
	if (p->head->has_more)
		return gv_err(
		    GV_EREFUSED, "it has more members than any state has");
	p->how = gv_state_body_how(p->head->info.tool);
	if (p->how == NULL && p->good)
		p->how = gv_state_body_how(p->good->info.tool);
	if (p->how == NULL ||
	    (p->head->info.format &&
		(p->head->info.format < p->how->least ||
		    p->head->info.format > p->how->most)))
		return gv_err(GV_EREFUSED,
		    "only states of Terraform and OpenTofu (format 4), of "
		    "Pulumi (formats 3 and 4), and JSON lists of Kubernetes, "
		    "CloudFormation, Ansible and Docker can be repaired; "
		    "restore an intact version");
	if (p->good && p->good->info.lineage[0] && p->head->info.lineage[0] &&
	    strcmp(p->good->info.lineage, p->head->info.lineage) != 0)
		return gv_err(GV_EREFUSED,
		    "its lineage is %s, but that of the intact version is %s: "
		    "they are different states",
		    p->head->info.lineage, p->good->info.lineage);
	return 0;
}

static int
choose_serial(struct plan *p)
{
	const struct gv_state_triage *bad = p->what->bad;
	uint64_t most = p->what->above;
	size_t i;

	p->out->has_serial = p->how->serial != NULL;
	if (!p->out->has_serial)
		return 0;
	for (i = 0; i < bad->n_documents; i++)
		if (bad->documents[i].info.has_serial &&
		    bad->documents[i].info.serial > most)
			most = bad->documents[i].info.serial;
	/* Terraform takes none that is larger than a signed one */
	if (most >= INT64_MAX)
		return gv_err(GV_EREFUSED,
		    "one of its serials is %" PRIu64
		    ", which cannot be exceeded; restore an intact version",
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

	if (r < 0)
		return r;
	p->taken[p->n_taken++] = f;
	return gv_map_put(&p->by_address, f->key, strlen(f->key),
	    (void *)(uintptr_t)p->n_taken);
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

		if (f->is_head)
			continue;
		if (!is_of(p, f)) {
			r = note(p, GV_STATE_LEFT, f->address);
			continue;
		}
		at = (uintptr_t)gv_map_get(
		    &p->by_address, f->key, strlen(f->key));
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
			    f->key, strlen(f->key), (void *)f);
	}
	for (i = 0; r == 0 && i < p->n_taken; i++) {
		const struct gv_state_found *f = p->taken[i];

		if (f->side != GV_STATE_BOTH &&
		    gv_map_get(&sides[f->side == GV_STATE_OURS], f->key,
			strlen(f->key)) == NULL)
			r = note(p, GV_STATE_ONE_SIDED, f->address);
	}
	gv_map_release(&sides[0]);
	gv_map_release(&sides[1]);
	return r;
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

		if (!lost[f->is_output] || f->is_head ||
		    (f->is_output && p->how->is_passing) ||
		    gv_map_get(&p->by_address, f->key, strlen(f->key)))
			continue;
		r = note(p, p->what->with_lost ? GV_STATE_ADDED : GV_STATE_LOST,
		    f->address);
		if (r == 0 && p->what->with_lost)
			r = take(p, f);
	}
	return r;
}

/* ---- the head ----------------------------------------------------------- */

static int
note_member(void *ctx, enum gv_state_note kind, const char *name)
{
	return note(ctx, kind, name);
}

static bool
has_outputs(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_taken; i++)
		if (p->taken[i]->is_output)
			return true;
	return false;
}

static void
begin_head(struct plan *p)
{
	p->made = (struct gv_state_head){ .how = p->how,
		.bad = p->head,
		.good = p->good,
		.source = head_side(p) == GV_STATE_THEIRS ? GV_STATE_FROM_THEIRS
							  : GV_STATE_FROM_OURS,
		.note = note_member,
		.ctx = p };
}

/* Members besides the serial that the sides do not agree about. */
static int
compare_heads(struct plan *p)
{
	const struct gv_state_document *other;

	if (!p->is_conflict)
		return 0;
	other = gv_state_triage_document(p->what->bad,
	    head_side(p) == GV_STATE_OURS ? GV_STATE_THEIRS : GV_STATE_OURS,
	    p->what->document ? p->what->document : 1);
	return other ? gv_state_head_compare(&p->made, other,
			   p->what->prefer == GV_STATE_BOTH ? GV_STATE_UNDECIDED
							    : GV_STATE_CHOSEN)
		     : 0;
}

static int
make_head(struct plan *p)
{
	int r;

	p->made.has_resources = p->n_taken > 0;
	p->made.has_outputs = has_outputs(p);
	p->made.mixes = p->n_taken > p->n_bad;
	r = gv_state_head_make(&p->made);
	if (r < 0)
		return r;
	p->out->has_outputs = p->made.at.body->outputs != NULL;
	if (p->how->is_loose && p->n_taken == 0)
		return gv_err(GV_EREFUSED,
		    "none of its resources is intact; restore an intact "
		    "version");
	return 0;
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

/* The places that results name: each source behind the other. */
static int
begin_order(struct plan *p)
{
	unsigned source;
	size_t i, n = 0;

	p->order = calloc(p->n_taken + 1, sizeof(*p->order));
	if (p->order == NULL)
		return gv_err_nomem();
	for (source = 0; source < GV_STATE_SOURCES; source++)
		for (i = 0; i < p->n_taken; i++)
			if (source_of(p, i) == source)
				p->order[n++] = i;
	return 0;
}

/* Append to an order what was added of those from `i` of the whole version on,
 * up to the next one that was not lost. */
static void
add_run(const struct plan *p, size_t *order, size_t *n, size_t i)
{
	const struct gv_state_triage *good = p->what->good;

	for (; i < good->n; i++) {
		const struct gv_state_found *f = &good->found[i];
		uintptr_t at = (uintptr_t)gv_map_get(
		    &p->by_address, f->key, strlen(f->key));

		if (at == 0 || p->taken[at - 1] != f)
			return;
		order[(*n)++] = at - 1;
	}
}

/* What was added stands behind what it stood behind in the whole version. */
static int
weave(struct plan *p)
{
	const struct gv_state_triage *good = p->what->good;
	struct gv_map places = GV_MAP_INIT;
	size_t *order = calloc(p->n_taken + 1, sizeof(*order)), i, n = 0;
	bool *is_there = calloc(p->n_taken + 1, sizeof(*is_there));
	int r = order && is_there ? 0 : gv_err_nomem();

	if (r < 0)
		goto out;
	for (i = 0; r == 0 && i < good->n; i++)
		r = gv_map_put(&places, good->found[i].key,
		    strlen(good->found[i].key), (void *)(uintptr_t)(i + 1));
	if (r < 0)
		goto out;
	add_run(p, order, &n, 0);
	for (i = 0; i < p->n_bad; i++) {
		const char *key = p->taken[p->order[i]]->key;
		uintptr_t at = (uintptr_t)gv_map_get(&places, key, strlen(key));

		order[n++] = p->order[i];
		if (at)
			add_run(p, order, &n, at);
	}
	for (i = 0; i < n; i++)
		is_there[order[i]] = true;
	/* behind one that stands twice in the whole version */
	for (i = 0; i < p->n_taken; i++)
		if (!is_there[i])
			order[n++] = i;
	memcpy(p->order, order, n * sizeof(*order));
out:
	gv_map_release(&places);
	free(is_there);
	free(order);
	return r;
}

static int
note_unmet(void *ctx, const struct gv_state_found *f, const char *need)
{
	struct plan *p = ctx;
	int r = note(p, GV_STATE_UNMET, f->address);

	if (r == 0)
		p->out->notes[p->out->n - 1].needs = need;
	return r;
}

/* The sources are read again where they are not read in their order, which
 * whoever made them decides. */
static int
check_turns(const struct plan *p)
{
	uint64_t ends[GV_STATE_SOURCES] = { 0 };
	unsigned side = GV_STATE_FROM_OURS;
	size_t i, turns = 0;

	for (i = 0; i < p->n_taken; i++) {
		const struct gv_state_found *f = p->taken[p->order[i]];
		const unsigned source = source_of(p, p->order[i]);

		turns += f->at < ends[source] ||
		    (source != GV_STATE_FROM_GOOD && source != side);
		ends[source] = f->at + f->len;
		side = source != GV_STATE_FROM_GOOD ? source : side;
	}
	if (turns <= MOST_TURNS)
		return 0;
	return gv_err(GV_EREFUSED,
	    "too many of its resources come before resources that they need; "
	    "restore an intact version");
}

static int
put_in_order(struct plan *p)
{
	const struct gv_state_order what = { .things = p->taken,
		.n = p->n_taken,
		.unmet = note_unmet,
		.ctx = p };
	int r = begin_order(p);

	if (r < 0 || !p->how->is_ordered)
		return r;
	if (p->n_taken > p->n_bad)
		r = weave(p);
	if (r < 0 || (r = gv_state_order_make(p->order, &what)) < 0)
		return r;
	return check_turns(p);
}

/* A line that begins so far to the right. */
static int
compose_line(struct plan *p, const char *before, size_t level)
{
	static const char blanks[] = "                            ";
	const size_t n = level * p->how->indent;
	struct gv_state_composed *c = p->out->composed;
	int r = gv_state_composed_text(c, before);

	return r < 0
	    ? r
	    : gv_state_composed_text(
		  c, blanks + (n < strlen(blanks) ? strlen(blanks) - n : 0));
}

/* All that was taken of a list. */
static int
compose_list(struct plan *p, bool outputs, size_t level)
{
	const bool is_map =
	    outputs ? !p->how->is_output : p->made.at.body->is_map;
	struct gv_state_composed *c = p->out->composed;
	bool has_one = false;
	size_t i;
	int r = gv_state_composed_text(c, is_map ? "{" : "[");

	for (i = 0; r == 0 && i < p->n_taken; i++) {
		const struct gv_state_found *f = p->taken[p->order[i]];

		if (f->is_output != outputs)
			continue;
		r = compose_line(p, has_one ? ",\n" : "\n", level + 1);
		if (r == 0)
			r = gv_state_composed_slice(
			    c, source_of(p, p->order[i]), f->at, f->len);
		has_one = true;
		*(outputs ? &p->out->outputs : &p->out->resources) += 1;
	}
	if (r == 0 && has_one)
		r = compose_line(p, "\n", level);
	return r < 0 ? r : gv_state_composed_text(c, is_map ? "}" : "]");
}

static int
compose_serial(struct plan *p)
{
	char number[24];
	int n = snprintf(number, sizeof(number), "%" PRIu64, p->out->serial);
	char *text = gv_arena_copy(&p->out->arena, number, (size_t)n);

	return text ? gv_state_composed_text(p->out->composed, text)
		    : GV_ENOMEM;
}

static int
compose_value(
    struct plan *p, const struct gv_state_head_member *m, size_t level)
{
	switch (m->kind) {
	case GV_STATE_HEAD_RESOURCES:
		return compose_list(p, false, level);
	case GV_STATE_HEAD_OUTPUTS:
		return compose_list(p, true, level);
	case GV_STATE_HEAD_SERIAL:
		return compose_serial(p);
	case GV_STATE_HEAD_TEXT:
		return gv_state_composed_text(p->out->composed, m->text);
	default:
		return gv_state_composed_slice(
		    p->out->composed, m->source, m->at, m->len);
	}
}

static int
compose_key(struct plan *p, const char *key)
{
	struct gv_state_composed *c = p->out->composed;
	int r = gv_state_composed_text(c, "\"");

	if (r == 0)
		r = gv_state_composed_text(c, key);
	return r < 0 ? r : gv_state_composed_text(c, "\": ");
}

/* The maps on the way to the body, each within the one before. */
static int
compose(struct plan *p)
{
	struct gv_state_composed *c = p->out->composed;
	size_t next[GV_STATE_BODY_DEPTH + 1] = { 0 }, level = 0;
	int r;

	/* a head that has none was refused */
	assert(p->made.at.body != NULL);
	if (p->made.at.body->resources == NULL) {
		r = compose_list(p, false, 0);
		return r < 0 ? r : gv_state_composed_text(c, "\n");
	}
	r = gv_state_composed_text(c, "{");

	for (;;) {
		const struct gv_state_head_level *l = &p->made.levels[level];
		const struct gv_state_head_member *m = &l->members[next[level]];

		if (r < 0)
			return r;
		if (next[level] == l->n) {
			if ((r = compose_line(p, "\n", level)) == 0)
				r = gv_state_composed_text(c, "}");
			if (level-- == 0)
				break;
			continue;
		}
		r = compose_line(p, next[level]++ ? ",\n" : "\n", level + 1);
		if (r == 0)
			r = compose_key(p, m->key);
		if (r == 0 && m->kind == GV_STATE_HEAD_MAP) {
			r = gv_state_composed_text(c, "{");
			level++;
		} else if (r == 0) {
			r = compose_value(p, m, level + 1);
		}
	}
	return r < 0 ? r : gv_state_composed_text(c, "\n");
}

static int
check_decided(struct plan *p)
{
	int r = refuse(p, GV_STATE_TWICE,
	    "these are in it twice, with different content; restore an intact "
	    "version");

	if (r < 0)
		return r;
	if (p->other_lineage && p->what->prefer == GV_STATE_BOTH)
		return gv_err(GV_EREFUSED,
		    "the sides of the merge are different states; choose "
		    "--ours or --theirs");
	r = refuse(p, GV_STATE_UNDECIDED,
	    "the sides of the merge disagree about these; choose "
	    "--ours or --theirs");
	if (r < 0)
		return r;
	if (p->n_bad == 0 && p->head->n == 0)
		return gv_err(GV_EREFUSED,
		    "nothing of it is intact; restore an intact version");
	return 0;
}

static int
make(struct plan *p)
{
	int r = choose_document(p);

	if (r == 0 && (r = check_tool(p)) == 0)
		r = choose_serial(p);
	begin_head(p);
	if (r == 0 && (r = take_bad(p)) == 0 && (r = compare_heads(p)) == 0 &&
	    (r = check_decided(p)) == 0 && p->is_conflict)
		r = note_sides(p);
	if (r == 0 && (r = take_good(p)) == 0 && (r = make_head(p)) == 0)
		r = put_in_order(p);
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
	if ((r = gv_state_composed_new(&p.out->composed, what)) == 0)
		r = make(&p);
	gv_state_head_release(&p.made);
	free(p.order);
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
