#include "toolstate/state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "toolstate/state_coding.h"
#include "toolstate/state_internal.h"

/*
 * A document is gone through once. Which tool made it may stand at its end
 * (sorted keys put "version" there), so nobody waits for that: what a thing is
 * follows from where it stands and what it looks like, each handler is shown
 * all members of the document, and who made it is asked last. Some handlers
 * want to know it before, to have one thing as one piece: they are shown what
 * the first bytes have of these members. One that is no
 * state is read all the same, cut before members and elements; and what is no
 * JSON from there on, by content.
 */

/* A value that is larger than this is no state's. */
#define PIECE_MAX ((size_t)256 * 1024 * 1024)

/* As far as is looked ahead; a JSON document as far as it is read at once,
 * which is as much. */
#define HEAD ((size_t)256 * 1024)

#define NAMELESS UINT64_MAX

static const struct gv_state_handler *const handlers[] = {
	&gv_state_terraform,
	&gv_state_pulumi,
	&gv_state_cloudformation,
	&gv_state_kubernetes,
	&gv_state_ansible,
	&gv_state_docker,
	&gv_state_plan,
};

#define N_HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

const struct gv_state_handler *
gv_state_handler_at(size_t i)
{
	return i < N_HANDLERS ? handlers[i] : NULL;
}

struct run {
	const struct gv_state_source *source;
	struct gv_state_info *info;
	struct gv_state_pile pile;
	struct gv_buf name;
	void *own[N_HANDLERS];
	bool has_begun, is_over;
	/* the first bytes, which show the encoding, until they are read */
	char head[GV_STATE_CODING_HEAD];
	size_t n_head, head_at;
	bool is_coded;              /* `info` is about the decoded content */
	struct gv_state_yaml *yaml; /* what is read is the JSON of it */
	int failed; /* what read() returned, to distinguish it from damage */
};

void
gv_state_look_ahead(void *const *own, const char *text, size_t len)
{
	struct gv_jsontext j;
	struct gv_jsontext_token t;
	size_t i;

	gv_jsontext_init(&j, text, len);
	if (gv_jsontext_next(&j, &t) <= 0 || t.kind != GV_JSONTEXT_MAP)
		return;
	while (gv_jsontext_next(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		for (i = 0; i < N_HANDLERS; i++) {
			if (handlers[i]->ahead)
				handlers[i]->ahead(own[i], &t, &j);
		}
		if (gv_state_skip(&j, &t) <= 0)
			break;
	}
}

/* [web] and [web:vars] head a list of hosts; a JSON list with a bare word in it
 * does not. */
static bool
is_heading(const char *p, size_t len)
{
	size_t i = 1;

	while (i < len &&
	    (isalnum((unsigned char)p[i]) ||
		(p[i] && strchr("_-.:", p[i]) != NULL)))
		i++;
	return i > 1 && i + 1 < len && p[i] == ']' &&
	    (p[i + 1] == '\n' || p[i + 1] == '\r') &&
	    !isdigit((unsigned char)p[1]);
}

/* Whether a text begins as no JSON does, nor what is left of one in a conflict
 * or by a disk. */
static bool
is_other(const char *p, size_t len)
{
	static const char blank[] = " \t\r\n";
	size_t i = 0;

	while (i < len && memchr(blank, p[i], sizeof(blank)) != NULL)
		i++;
	if (i < len && p[i] == '[')
		return is_heading(p + i, len - i);
	return i < len && memchr("{\"<=>", p[i], 6) == NULL;
}

/* Give the head first, then the rest. */
static int64_t
read_raw(struct run *run, char *data, size_t len)
{
	size_t n = run->n_head - run->head_at;

	if (n == 0)
		return run->source->read(run->source->ctx, data, len);
	n = n < len ? n : len;
	memcpy(data, run->head + run->head_at, n);
	run->head_at += n;
	return (int64_t)n;
}

static int
read_head(struct run *run)
{
	int64_t n = 1;

	while (n > 0 && run->n_head < sizeof(run->head)) {
		n = run->source->read(run->source->ctx, run->head + run->n_head,
		    sizeof(run->head) - run->n_head);
		run->n_head += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? (int)n : 0;
}

/* As much as there is room for, so that the result does not depend on how
 * little is read at a time. */
static int64_t
read_first(struct run *run, char *data, size_t len)
{
	size_t have = 0;
	int64_t n = 1;

	while (n > 0 && have < len) {
		n = read_raw(run, data + have, len - have);
		have += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return n;
	run->is_over = n == 0;
	gv_state_look_ahead(run->own, data, have);
	run->info->is_other = is_other(data, have);
	return (int64_t)have;
}

static int64_t
run_read(void *ctx, void *data, size_t len)
{
	struct run *run = ctx;
	int64_t n = 0;

	if (!run->has_begun)
		n = read_first(run, data, len);
	else if (!run->is_over)
		n = read_raw(run, data, len);
	run->has_begun = true;
	if (n < 0)
		run->failed = (int)n;
	else
		run->info->size += (uint64_t)n;
	return n;
}

bool
gv_state_goes_into(
    void *const *own, const struct gv_jsontext_level *levels, size_t n)
{
	bool is_deep = n > 2 || (n == 2 && !levels[0].is_map);
	size_t i;

	/* the elements of a list are what it is cut before */
	for (i = 0; !is_deep && i < N_HANDLERS; i++) {
		if (handlers[i]->whole && handlers[i]->whole(own[i], levels, n))
			return false;
	}
	for (i = 0; is_deep && i < N_HANDLERS; i++) {
		if (handlers[i]->enter && handlers[i]->enter(levels, n))
			return true;
	}
	return !is_deep;
}

static bool
run_enter(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	const struct run *run = ctx;

	return gv_state_goes_into(run->own, levels, n);
}

/* Show a member of the document to all. */
static int
show_member(struct run *run, const struct gv_jsontext_piece *piece)
{
	size_t i;
	int r = 0;

	if (piece->n_levels != 1 || !piece->token.has_key ||
	    piece->kind == GV_JSONTEXT_PIECE_CLOSE)
		return 0;
	for (i = 0; r == 0 && i < N_HANDLERS; i++)
		r = handlers[i]->member(run->own[i], &piece->token);
	return r;
}

/* The hash by which a group may be cut before a piece of no tool: that of its
 * key, and in a list of its first bytes. */
static uint64_t
hash_of(const struct gv_jsontext_piece *piece)
{
	const struct gv_jsontext_token *t = &piece->token;

	if (piece->kind != GV_JSONTEXT_PIECE_VALUE)
		return NAMELESS;
	if (t->has_key)
		return gv_state_hash(t->key, t->key_len);
	return gv_state_hash(t->p, t->len < 256 ? t->len : 256);
}

/* A piece of YAML stands in the text, and its token in JSON, which stays. */
static int
pile_piece(struct run *run, struct gv_jsontext_piece *piece,
    enum gv_state_unit unit, uint64_t hash)
{
	const struct gv_jsontext_token token = piece->token;
	int r;

	if (run->yaml) {
		piece->token.p = piece->text;
		piece->token.has_key = false;
	}
	r = gv_state_pile_is_large(piece->len)
	    ? gv_state_pile_flush(&run->pile)
	    : gv_state_pile_add(&run->pile, piece, unit, hash);
	if (run->yaml)
		piece->token = token;
	return r;
}

static int
read_items(struct run *run, const struct gv_state_handler *handler, void *own,
    const struct gv_jsontext_piece *piece)
{
	struct gv_state_items *items = &run->pile.items;
	size_t i = items->n;
	int r = handler->read(own, piece, items);

	for (; run->yaml && i < items->n; i++) {
		items->items[i].text = piece->text;
		items->items[i].len = piece->len;
	}
	return r;
}

static int
tell_piece(struct run *run, struct gv_jsontext_piece *piece)
{
	enum gv_state_unit unit = GV_STATE_OTHER;
	uint64_t hash;
	size_t i = 0;
	int r;

	gv_buf_reset(&run->name);
	if (piece->kind == GV_JSONTEXT_PIECE_VALUE && piece->len) {
		while (i < N_HANDLERS &&
		    (unit = handlers[i]->unit(
			 run->own[i], piece, &run->name)) == GV_STATE_OTHER)
			i++;
	}
	hash = unit == GV_STATE_OTHER
	    ? hash_of(piece)
	    : gv_state_hash(run->name.p, run->name.len);
	if ((r = show_member(run, piece)) < 0 ||
	    (r = pile_piece(run, piece, unit, hash)) < 0)
		return r;
	if (unit != GV_STATE_OTHER &&
	    (r = read_items(run, handlers[i], run->own[i], piece)) < 0)
		return r;
	if (gv_state_pile_is_large(piece->len))
		return gv_state_pile_large(
		    &run->pile, piece->text, piece->len, hash);
	return 0;
}

/* Tell all pieces; *next is what the last call gave. */
static int
tell_pieces(struct run *run, struct gv_jsonstream *stream,
    struct gv_jsontext_piece *piece, int *next)
{
	int r = 0;

	do {
		*next = gv_jsonstream_next(stream, piece);
		if (*next > 0 && run->yaml)
			gv_state_yaml_place(run->yaml, piece);
		if (*next > 0)
			r = tell_piece(run, piece);
	} while (*next > 0 && r == 0);
	return r;
}

/* ---- YAML ---- */

static int
ignore(void *ctx, const struct gv_state_group *group)
{
	(void)ctx;
	(void)group;
	return 0;
}

/* Whether a tool is known of it, which is asked of its JSON before any of it is
 * told: what is nobody's is cut as it always was. */
static int
is_known(struct run *run, struct gv_state_yaml *yaml, bool *out)
{
	const struct gv_state_source source = { .read = gv_state_yaml_give,
		.ctx = yaml,
		.memory = run->source->memory };
	struct gv_state_info info;
	int r = gv_state_run(&info, &source, ignore, NULL);

	if (r < 0)
		return r;
	*out = info.damage[0] == '\0' && strcmp(info.tool, "opaque") != 0;
	if (info.damage[0] && strcmp(info.tool, "opaque") != 0)
		memcpy(
		    run->info->damage, info.damage, sizeof(run->info->damage));
	yaml->given = 0;
	return 0;
}

static int64_t
read_json(void *ctx, void *data, size_t len)
{
	const struct run *run = ctx;

	return gv_state_yaml_give(run->yaml, data, len);
}

static int
tell_yaml(struct run *run, struct gv_state_yaml *yaml)
{
	const struct gv_jsontext_source source = { .read = read_json,
		.enter = run_enter,
		.ctx = run,
		.memory = run->source->memory,
		.max = PIECE_MAX };
	size_t len = yaml->yaml.len;
	struct gv_jsonstream *stream = NULL;
	struct gv_jsontext_piece piece;
	int r = gv_jsonstream_new(&stream, &source), next = 0;

	if (r < 0)
		return r;
	run->yaml = yaml;
	run->pile.is_yaml = true;
	gv_state_look_ahead(run->own, yaml->yaml.json, len < HEAD ? len : HEAD);
	if ((r = tell_pieces(run, stream, &piece, &next)) == 0 &&
	    (r = next) == 0)
		r = gv_state_pile_flush(&run->pile);
	run->yaml = NULL;
	run->pile.is_yaml = false;
	gv_jsonstream_free(stream);
	return r;
}

/* What may be YAML, and is no JSON, which is said already. */
static int
read_yaml(struct run *run, const char *held, size_t n_held,
    const struct gv_state_source *rest)
{
	struct gv_state_yaml yaml = { .len = 0 };
	bool is_told = false;
	int r = gv_state_yaml_read(&yaml, held, n_held, rest);

	if (r == GV_EREFUSED && run->failed == 0) {
		(void)snprintf(run->info->damage, sizeof(run->info->damage),
		    "%s", gv_err_message());
		r = 0;
	} else if (r == 0) {
		r = is_known(run, &yaml, &is_told);
	}
	if (r != 0)
		goto out;
	if (is_told) {
		run->info->damage[0] = '\0';
		r = tell_yaml(run, &yaml);
	} else {
		r = gv_state_pile_rest(&run->pile, yaml.text, yaml.len, rest);
	}
out:
	gv_state_yaml_release(&yaml, run->source->memory);
	return r;
}

/* ---- another encoding ---- */

/* Take over what the decoded content says. The bytes themselves are cut like
 * those of an unknown tool. */
static void
say_coded(struct run *run, enum gv_state_coding coding,
    const struct gv_state_info *in, const char *wrong)
{
	struct gv_state_info *info = run->info;
	const uint64_t size = info->size;

	*info = *in;
	info->size = size;
	info->is_coded = run->is_coded = true;
	info->is_other = false;
	if (wrong || in->damage[0] || strcmp(in->tool, "opaque") == 0)
		(void)snprintf(info->damage, sizeof(info->damage),
		    "it is %s: %.100s", gv_state_coding_name(coding),
		    wrong               ? wrong
			: in->damage[0] ? in->damage
					: "the decoded content is not a state");
	else
		(void)snprintf(info->warning, sizeof(info->warning),
		    "it is %s, which its tool does not read; 'git vault state "
		    "repair' writes the decoded state",
		    gv_state_coding_name(coding));
}

static int
read_inner(
    struct run *run, enum gv_state_coding coding, const char *p, size_t len)
{
	struct gv_state_info info = { .tool = "opaque" };
	struct gv_state_yaml yaml = { .len = 0 };
	const struct gv_state_source source = { .read = gv_state_yaml_give,
		.ctx = &yaml,
		.memory = run->source->memory,
		.unpack = run->source->unpack };
	struct gv_state_plain plain;
	int r = gv_state_plain_read(
	    &plain, coding, p, len, run->source->memory, run->source->unpack);

	if (r == GV_EREFUSED) {
		say_coded(run, coding, &info, gv_err_message());
		r = 0;
	} else if (r == 0) {
		yaml.yaml.json = plain.p;
		yaml.yaml.len = plain.len;
		/* one encoding inside another does not occur */
		if (!gv_state_coding_of(plain.p, plain.len))
			r = gv_state_run(&info, &source, ignore, NULL);
		if (r == 0)
			say_coded(run, coding, &info, NULL);
	}
	gv_state_plain_release(&plain);
	return r;
}

/* Read a state in another encoding. One that is too long is not decoded. */
static int
read_coded(struct run *run, enum gv_state_coding coding)
{
	const struct gv_state_source rest = {
		.read = run_read, .ctx = run, .memory = run->source->memory
	};
	struct gv_state_yaml all = { .len = 0 };
	bool is_all = false;
	int r = gv_state_yaml_hold(
	    &all, &is_all, GV_STATE_CODING_MAX, "", 0, &rest);

	if (r != 0)
		goto out;
	if (is_all)
		r = read_inner(run, coding, all.text, all.len);
	else
		say_coded(run, coding,
		    &(struct gv_state_info){ .tool = "opaque" },
		    "it is too long to be looked into");
	if (r != 0)
		goto out;
	r = gv_state_pile_rest(&run->pile, all.text, all.len, &rest);
out:
	gv_state_yaml_release(&all, run->source->memory);
	return r;
}

/* ---- the document ---- */

static int
read_other(struct run *run, const struct gv_jsontext_piece *piece)
{
	const struct gv_state_source rest = {
		.read = run_read, .ctx = run, .memory = run->source->memory
	};

	(void)snprintf(run->info->damage, sizeof(run->info->damage), "%s",
	    gv_err_message());
	if (piece->at == 0 && gv_state_yaml_is(piece->text, piece->len))
		return read_yaml(run, piece->text, piece->len, &rest);
	return gv_state_pile_rest(&run->pile, piece->text, piece->len, &rest);
}

static int
read_document(struct run *run)
{
	const struct gv_jsontext_source source = { .read = run_read,
		.enter = run_enter,
		.ctx = run,
		.memory = run->source->memory,
		.max = PIECE_MAX };
	struct gv_jsonstream *stream = NULL;
	struct gv_jsontext_piece piece;
	enum gv_state_coding coding;
	int r = read_head(run), next = 0;

	if (r < 0)
		return r;
	coding = gv_state_coding_of(run->head, run->n_head);
	if (coding)
		return read_coded(run, coding);
	if ((r = gv_jsonstream_new(&stream, &source)) < 0)
		return r;
	if ((r = tell_pieces(run, stream, &piece, &next)) != 0)
		goto out;
	if (next == GV_EREFUSED && run->failed == 0)
		next = read_other(run, &piece);
	if ((r = next) != 0)
		goto out;
	r = gv_state_pile_flush(&run->pile);
out:
	gv_jsonstream_free(stream);
	return r;
}

static void
say_whose(struct run *run)
{
	size_t i;

	if (!run->is_coded)
		run->info->tool = "opaque";
	for (i = 0; !run->is_coded && i < N_HANDLERS; i++) {
		if (handlers[i]->claim(run->own[i], run->info)) {
			run->info->tool = handlers[i]->tool;
			break;
		}
	}
	run->info->is_other &= run->info->damage[0] != '\0';
	run->info->groups = run->pile.n_groups;
	run->info->items = run->pile.n_items;
}

int
gv_state_run(struct gv_state_info *out, const struct gv_state_source *source,
    gv_state_fn *fn, void *ctx)
{
	struct gv_state_info info = { .tool = "opaque" };
	struct run run = { .source = source,
		.info = &info,
		.pile = { .fn = fn,
		    .ctx = ctx,
		    .cut = source->cut,
		    .memory = source->memory,
		    .items = { .source = source } },
		.name = GV_BUF_INIT };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < N_HANDLERS; i++) {
		run.own[i] = calloc(1, handlers[i]->memory);
		if (run.own[i] == NULL)
			r = gv_err_nomem();
	}
	if (r == 0 && (r = read_document(&run)) == 0) {
		say_whose(&run);
		*out = info;
	}
	for (i = 0; i < N_HANDLERS; i++) {
		if (run.own[i] && handlers[i]->release)
			handlers[i]->release(run.own[i]);
		free(run.own[i]);
	}
	gv_buf_release(&run.name);
	gv_state_pile_release(&run.pile);
	return r;
}

bool
gv_state_is_open(const char *tool)
{
	size_t i;

	for (i = 0; tool && i < N_HANDLERS; i++) {
		if (strcmp(handlers[i]->tool, tool) == 0)
			return handlers[i]->is_open;
	}
	return false;
}
