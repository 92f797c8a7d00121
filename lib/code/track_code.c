#include "code/track_code.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "code/code.h"
#include "code/stack.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "state/track.h"
#include "state/track_diff.h"
#include "state/track_graph.h"
#include "view/diff.h"

#define FORMAT 4 /* of states whose resources are read */

#define MAX_VERSIONS 100 /* among which one of a snapshot is looked for */
#define MAX_MODULES  64  /* in one another; what is deeper is not looked for */
#define MAX_MOVES    32  /* one after the other */
#define MAX_PARTS    (2 * MAX_MODULES + 3) /* of an address that is moved */

/* A module as addresses name it, without keys; "" is the whole. */
struct place {
	const char *name;
	size_t len, depth;
	struct place *around;
	/* NULL: it has no block, or its code is elsewhere */
	const struct gv_code_dir *dir;
	bool is_opaque;
};

struct note {
	enum gv_track_finding kind;
	const char *text;
};

struct gv_track_code {
	struct gv_repo *repo;
	const struct gv_track_version *v;
	struct gv_code *code;
	char *dir, *why;
	struct gv_arena arena;
	struct gv_map there; /* addresses that are in the state, or will be
				called so */
	const char **list;   /* those of the state */
	size_t n, cap;
	struct gv_map by_name; /* of places */
	struct place **places;
	size_t n_places, cap_places;
	struct note *notes;
	size_t n_notes, cap_notes;
	struct gv_buf text;
};

const char *
gv_track_code_dir(const struct gv_track_code *code)
{
	return code->dir;
}

const char *
gv_track_code_why(const struct gv_track_code *code)
{
	return code->why;
}

void
gv_track_code_free(struct gv_track_code *code)
{
	if (code == NULL)
		return;
	gv_code_close(code->code);
	gv_map_release(&code->there);
	gv_map_release(&code->by_name);
	gv_arena_release(&code->arena);
	gv_buf_release(&code->text);
	free(code->list);
	free(code->places);
	free(code->notes);
	free(code->dir);
	free(code->why);
	free(code);
}

/* ---- where the code is --------------------------------------------------- */

/* The message is the reason. 0 or GV_ENOMEM. */
static int
give_up(struct gv_track_code *c)
{
	free(c->why);
	c->why = gv_err_save();
	return c->why ? 0 : GV_ENOMEM;
}

/* What a failure says of the code is the reason. */
static int
give_up_for(struct gv_track_code *c, int r)
{
	if (r != GV_EREFUSED && r != GV_ENOTFOUND && r != GV_ECORRUPT)
		return r;
	return give_up(c);
}

static int
check_version(const struct gv_track_version *v)
{
	if (strcmp(v->tool, "terraform") != 0)
		return gv_err(GV_EREFUSED,
		    "it is of %s, and code is looked at of Terraform only",
		    v->tool);
	if (v->is_encrypted)
		return gv_err(GV_EREFUSED,
		    "its tool has encrypted it, so its content is unknown");
	if (v->format && v->format < FORMAT)
		return gv_err(GV_EREFUSED,
		    "it is of format %u, of which resources are not read",
		    v->format);
	if (gv_oid_is_zero(&v->code))
		return gv_err(GV_EREFUSED,
		    "it is not known which commit it was applied from");
	return 0;
}

static int
open_commit(struct gv_track_code *c)
{
	struct gv_diff_side side;
	struct gv_odb *odb;
	char hex[GV_OID_HEX + 1];
	int r = gv_repo_odb(c->repo, &odb);

	if (r < 0)
		return r;
	gv_oid_format(hex, &c->v->code);
	if (!gv_odb_has(odb, &c->v->code))
		return gv_err(GV_ENOTFOUND,
		    "commit %.12s, which it was applied from, is not in this "
		    "repository; fetch it",
		    hex);
	r = gv_diff_side_of_commit(&side, c->repo, &c->v->code);
	if (r < 0)
		return gv_err_in(r, "commit %.12s", hex);
	return gv_code_open(&c->code, odb, &side.tree);
}

struct naming {
	size_t left; /* versions that are looked at */
	bool is_by_file;
};

static int
look_for_snapshot(void *ctx, const struct gv_track_version *v)
{
	struct naming *n = ctx;

	n->is_by_file = v->snapshot != NULL;
	return n->is_by_file || --n->left == 0;
}

/* Whether a snapshot has named the stack, by its file: it saved this version,
 * or another one of the same stack. */
static int
is_named_by_file(struct gv_track_code *c)
{
	const struct gv_track_of of = { c->v->env, c->v->stack };
	struct naming n = { .left = MAX_VERSIONS };
	char *before = gv_err_save();
	int r = c->v->snapshot
	    ? 0
	    : gv_track_log(c->repo, &of, look_for_snapshot, &n);

	r = gv_err_settle(r == GV_ENOTFOUND ? 0 : r, before);
	return r < 0 ? r : c->v->snapshot || n.is_by_file;
}

/* What can be known without being told: 1 with the directory; 0. */
static int
guess(struct gv_buf *out, struct gv_track_code *c)
{
	int r = is_named_by_file(c);

	if (r < 0)
		return r;
	if (r > 0) {
		r = gv_stack_dir(out, c->v->stack);
		return gv_buf_check(out) < 0 ? GV_ENOMEM : r;
	}
	return gv_code_is_at_top(c->code);
}

static int
no_code_in(const struct gv_track_code *c, const char *dir)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &c->v->code);
	return gv_err(GV_ENOTFOUND,
	    "commit %.12s has no Terraform code in %s; name its directory by "
	    "--code",
	    hex, *dir ? dir : "its top directory");
}

static int
choose_dir(struct gv_track_code *c, const char *given)
{
	struct gv_buf path = GV_BUF_INIT;
	const struct gv_code_dir *dir = NULL;
	int r = 1;

	if (given)
		gv_buf_addstr(&path, given);
	else
		r = guess(&path, c);
	if (r == 0)
		r = gv_err(GV_EREFUSED,
		    "it is not known in which directory its code is; say it by "
		    "--code");
	else if (r > 0)
		r = gv_code_dir(&dir, c->code, path.p);
	if (r != 0)
		goto out;
	if (dir == NULL) {
		r = no_code_in(c, path.p);
		goto out;
	}
	if (dir->why) {
		r = gv_err(GV_EREFUSED, "%s: %s",
		    *dir->path ? dir->path : "the top directory", dir->why);
		goto out;
	}
	c->dir = gv_buf_take(&path);
	if (c->dir == NULL)
		r = GV_ENOMEM;
out:
	gv_buf_release(&path);
	return r;
}

static int
find_code(struct gv_track_code *c, const char *dir)
{
	int r;

	if ((r = check_version(c->v)) < 0 || (r = open_commit(c)) < 0)
		return r;
	return choose_dir(c, dir);
}

int
gv_track_code_new(struct gv_track_code **out, struct gv_repo *repo,
    const struct gv_track_version *v, const char *dir)
{
	struct gv_track_code *c = calloc(1, sizeof(*c));
	int r;

	*out = NULL;
	if (c == NULL)
		return gv_err_nomem();
	*c =
	    (struct gv_track_code){ .repo = repo, .v = v, .text = GV_BUF_INIT };
	r = find_code(c, dir);
	if (r < 0 && dir)
		r = gv_err_in(r, "it cannot be held against its code");
	else if (r < 0)
		r = give_up_for(c, r);
	/* nobody has asked for it */
	if (r == 0 && c->why && strcmp(v->tool, "terraform") != 0)
		c->why[0] = '\0';
	if (r == 0)
		*out = c;
	else
		gv_track_code_free(c);
	return r;
}

/* ---- places -------------------------------------------------------------- */

/* Append what an address within a place is called. */
static const char *
name_within(struct gv_track_code *c, const struct place *in, const char *name)
{
	gv_buf_reset(&c->text);
	gv_buf_add(&c->text, in->name, in->len);
	if (in->len)
		gv_buf_addch(&c->text, '.');
	gv_buf_addstr(&c->text, name);
	return c->text.p;
}

static int
look_up_module(
    struct gv_track_code *c, struct place *p, const char *call, size_t len)
{
	const struct gv_code_block *b;
	const struct gv_code_dir *dir = NULL;
	int r = 0;

	p->is_opaque = p->around->is_opaque || p->depth > MAX_MODULES;
	if (p->is_opaque || p->around->dir == NULL)
		return 0;
	b = gv_code_find(p->around->dir, call, len);
	if (b == NULL)
		return 0;
	if (b->source)
		r = gv_code_dir(&dir, c->code, b->source);
	if (r == 0 && dir && dir->why == NULL)
		p->dir = dir;
	p->is_opaque = p->dir == NULL;
	return r;
}

/* The module that the first `len` bytes of an address name, whose call begins
 * at `from`; the address stays where it is. */
static int
get_place(struct place **out, struct gv_track_code *c, struct place *around,
    const char *address, size_t len)
{
	const size_t from = around->len + (around->len > 0);
	struct place *p = gv_map_get(&c->by_name, address, len);
	int r;

	*out = p;
	if (p)
		return 0;
	p = gv_arena_alloc(&c->arena, sizeof(*p));
	if (p == NULL)
		return GV_ENOMEM;
	*p = (struct place){ .name = address,
		.len = len,
		.depth = around->depth + 1,
		.around = around };
	if ((r = look_up_module(c, p, address + from, len - from)) < 0)
		return r;
	r = gv_vec_grow((void **)&c->places, &c->cap_places, c->n_places + 1,
	    sizeof(struct place *));
	if (r < 0 || (r = gv_map_put(&c->by_name, address, len, p)) < 0)
		return r;
	c->places[c->n_places++] = p;
	*out = p;
	return 0;
}

/* The innermost module that an address is in, or the first that has no code
 * here. */
static int
place_of(struct place **out, struct gv_track_code *c, const char *address)
{
	const size_t n = strlen("module.");
	const char *at = address;
	int r = 0;

	*out = c->places[0];
	while (r == 0 && (*out)->dir && strncmp(at, "module.", n) == 0) {
		at += n;
		at += strcspn(at, ".");
		r = get_place(out, c, *out, address, (size_t)(at - address));
		at += *at == '.';
	}
	return r;
}

/* ---- resources without a block ------------------------------------------- */

/* What `moved` and `removed` say of an address, in the modules that it is in;
 * *rest is what of it stands behind that. NULL: nothing. */
static const struct gv_code_move *
find_move(const struct place **in, const char **rest, const struct place *p,
    const char *address)
{
	const struct gv_code_move *move = NULL;

	for (; p && move == NULL; p = p->around) {
		const char *begin = address + p->len + (p->len > 0);
		const char *end = begin;
		size_t n = p->dir && p->dir->moves.n ? MAX_PARTS : 0;

		while (n-- > 0 && move == NULL && *end) {
			end += *end == '.';
			end += strcspn(end, ".");
			move = gv_map_get(
			    &p->dir->moves, begin, (size_t)(end - begin));
		}
		*in = p;
		*rest = end;
	}
	return move;
}

/* What an address is called once it was moved, which counts as there. */
static int
go_on(const char **out, struct gv_track_code *c, const struct place *in,
    const struct gv_code_move *move, const char *rest)
{
	const char *copy;
	int r;

	(void)name_within(c, in, move->to);
	gv_buf_addstr(&c->text, rest);
	r = gv_buf_check(&c->text);
	copy = r == 0 ? gv_arena_copy(&c->arena, c->text.p, c->text.len) : NULL;
	if (copy == NULL)
		return GV_ENOMEM;
	*out = copy;
	return gv_map_put(&c->there, copy, strlen(copy), (void *)copy);
}

/* Whether an address has a block, now or once it was moved, or is accounted
 * for: 1, or 0 with the innermost directory in which one could be. */
static int
is_covered(const struct gv_code_dir **where, struct gv_track_code *c,
    const char *address)
{
	const struct gv_code_move *move;
	const struct place *in;
	const char *rest;
	struct place *p;
	unsigned n;
	int r;

	*where = NULL;
	for (n = 0; n < MAX_MOVES; n++) {
		r = place_of(&p, c, address);
		if (r < 0 || p->is_opaque)
			return r < 0 ? r : 1;
		rest = address + p->len + (p->len > 0);
		if (p->dir && gv_code_find(p->dir, rest, strlen(rest)))
			return 1;
		while (p->dir == NULL)
			p = p->around;
		*where = p->dir;
		move = find_move(&in, &rest, p, address);
		if (move == NULL)
			return 0;
		if (move->to == NULL)
			return 1;
		r = go_on(&address, c, in, move, rest);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
add_note(struct gv_track_code *c, enum gv_track_finding kind)
{
	const char *copy = NULL;
	int r = gv_buf_check(&c->text);

	if (r == 0)
		copy = gv_arena_copy(&c->arena, c->text.p, c->text.len);
	if (copy == NULL)
		return GV_ENOMEM;
	if ((r = GV_GROW(c->notes, c->n_notes, c->cap_notes)) == 0)
		c->notes[c->n_notes++] = (struct note){ kind, copy };
	return r;
}

static int
check_item(struct gv_track_code *c, const char *address)
{
	char version[GV_OID_HEX + 1], commit[GV_OID_HEX + 1];
	const struct gv_code_dir *where;
	int r = is_covered(&where, c, address);

	if (r != 0)
		return r < 0 ? r : 0;
	gv_oid_format(version, &c->v->commit);
	gv_oid_format(commit, &c->v->code);
	gv_buf_reset(&c->text);
	gv_buf_addf(&c->text,
	    "%s (in state version %.12s, not in commit %.12s, %s)", address,
	    version, commit, *where->path ? where->path : ".");
	return add_note(c, GV_TRACK_NO_BLOCK);
}

/* ---- blocks that nothing is there of ------------------------------------- */

static int
check_block(struct gv_track_code *c, const struct place *p,
    const struct gv_code_block *b)
{
	const char *address = name_within(c, p, b->name);
	size_t len = c->text.len;
	bool is_imported;
	int r = gv_buf_check(&c->text);

	if (r < 0 || gv_map_get(&c->there, address, len))
		return r;
	if (b->is_module && gv_map_get(&c->by_name, address, len))
		return 0;
	r = b->is_module ? gv_code_has_resources(c->code, b) : 1;
	if (r <= 0)
		return r;
	is_imported =
	    gv_map_get(&c->places[0]->dir->imports, address, len) != NULL;
	gv_buf_addf(&c->text, " (%s:%zu)", b->file, b->line);
	if (is_imported)
		gv_buf_addstr(&c->text, ", which should be imported");
	else if (b->is_counted)
		gv_buf_addstr(&c->text, ", of which there may be none");
	return add_note(c, GV_TRACK_NOT_IN_STATE);
}

/* In the modules that something is there of; one that there is nothing of is
 * told as a whole. */
static int
check_blocks(struct gv_track_code *c)
{
	const struct gv_code_block *b;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->n_places; i++) {
		const struct gv_code_dir *dir = c->places[i]->dir;

		for (b = dir ? dir->first : NULL; r == 0 && b; b = b->next)
			r = check_block(c, c->places[i], b);
	}
	return r;
}

/* ---- all of it ----------------------------------------------------------- */

static int
on_item(void *ctx, const struct gv_track_item *item)
{
	struct gv_track_code *c = ctx;
	char *address;
	int r;

	if (item->type[0] == '\0') /* an output */
		return 0;
	address = gv_arena_alloc(&c->arena, strlen(item->address) + 1);
	if (address == NULL)
		return GV_ENOMEM;
	gv_track_graph_strip(address, item->address);
	if (gv_map_get(&c->there, address, strlen(address)))
		return 0;
	if ((r = gv_map_put(&c->there, address, strlen(address), address)) == 0)
		r = gv_vec_grow(
		    (void **)&c->list, &c->cap, c->n + 1, sizeof(const char *));
	if (r == 0)
		c->list[c->n++] = address;
	return r;
}

static int
begin_places(struct gv_track_code *c)
{
	struct place *whole = gv_arena_alloc(&c->arena, sizeof(*whole));
	int r = whole ? gv_vec_grow((void **)&c->places, &c->cap_places, 1,
			    sizeof(struct place *))
		      : GV_ENOMEM;

	if (r < 0)
		return r;
	whole->name = "";
	c->places[c->n_places++] = whole;
	return gv_code_dir(&whole->dir, c->code, c->dir);
}

/* Nothing is reported before all of the code was read. */
static int
compare(struct gv_track_code *c)
{
	size_t i;
	int r = begin_places(c);

	for (i = 0; r == 0 && i < c->n; i++)
		r = check_item(c, c->list[i]);
	/* what is cut off is not there for that */
	if (r == 0 && c->v->damage == NULL)
		r = check_blocks(c);
	return r;
}

int
gv_track_code_check(struct gv_track_code *code, uint64_t *findings,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	size_t i;
	int r;

	*findings = 0;
	if (code->why)
		return 0;
	r = gv_track_items(code->repo, code->v, on_item, code);
	if (r < 0)
		return r;
	r = compare(code);
	if (r < 0)
		return give_up_for(code, r);
	for (i = 0; r == 0 && i < code->n_notes; i++) {
		*findings += code->notes[i].kind == GV_TRACK_NO_BLOCK;
		r = tell(ctx, code->notes[i].kind, code->notes[i].text);
	}
	return r;
}
