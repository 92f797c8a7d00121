#ifndef GV_MERGE_INTERNAL_H
#define GV_MERGE_INTERNAL_H
/*
 * A side as read, a map of it as the pieces of text that its keys have, and how
 * these are put together. For lib/merge alone.
 */

#include "base/arena.h"
#include "base/map.h"
#include "layer/layer.h"
#include "merge/merge.h"

/* The same text as places and as values. */
struct gv_merge_file {
	struct gv_merge_text text;
	struct gv_doc doc;
	struct gv_layer layer;
	bool is_read;
};

/* 0; GV_EREFUSED with the reason: it cannot be read, is no map, has several
 * documents or a key twice; GV_ENOMEM. Release *out always. */
int gv_merge_file_read(struct gv_merge_file *out, enum gv_doc_format format,
    const struct gv_merge_text *text);
void gv_merge_file_release(struct gv_merge_file *file);

/* A key of a map with what belongs to it. On lines: `from` comments before it,
 * `body` the line of the key, `to` behind its last line. In brackets: `from`
 * behind the comma before it, `body` the key, `to` behind the value. */
struct gv_merge_piece {
	uint32_t node;
	const char *key; /* read, not as written */
	size_t key_len;
	size_t from, body, to;
};

struct gv_merge_pieces {
	bool is_flow; /* in brackets, with commas */
	struct gv_merge_piece *items;
	size_t n, cap;
	size_t begin, end; /* of the pieces: what is before and behind them in
			      the map are its head and tail */
	struct gv_map index;
};

/* A map of a side, and the part of the text that it has with its head and tail;
 * `node` GV_DOC_NONE: the side has none. */
struct gv_merge_view {
	const struct gv_merge_file *file;
	uint32_t node;
	size_t from, to;
	const struct gv_layer_value *value;
};

/* Cut a map in pieces. 1; 0 where its keys are not apart from each other;
 * GV_ENOMEM. Release *out always. (merge_piece.c) */
int gv_merge_cut(struct gv_merge_pieces *out, struct gv_arena *arena,
    const struct gv_merge_view *view);
void gv_merge_pieces_release(struct gv_merge_pieces *pieces);

/* The sides of a merge and what it has come to; (merge_check.c) whether the
 * values of a result are those that merging values gives. Of keys in
 * `conflicts` it has to be the value of `chosen`. 1, 0, GV_ENOMEM. */
int gv_merge_check(const struct gv_layer_value *const values[GV_MERGE_SIDES],
    const struct gv_layer_value *result, const struct gv_map *conflicts,
    enum gv_merge_side chosen);

/* Whether both say the same; NULL: nothing is there. */
bool gv_merge_is_equal(
    const struct gv_layer_value *a, const struct gv_layer_value *b);

/* ---- the text, put together (merge_map.c) ---- */

struct gv_merge_map {
	const struct gv_merge_in *in;
	const struct gv_merge_file *files; /* one a side */
	/* of each conflict the text of this side is written; BASE: markers with
	 * both */
	enum gv_merge_side chosen;
	struct gv_map conflicts; /* paths, as gv_layer_add_key() makes them */
	struct gv_arena arena;
	struct gv_buf path; /* of the map at work */
	struct gv_buf keys; /* the conflicts, a LF behind each */
};

/* Append the merged text. 1; 0 where the sides are not written in a way that
 * allows it; GV_ENOMEM, and what label() returned. */
int gv_merge_root(struct gv_merge_map *m, struct gv_buf *out);

/* Free; the caller's files stay. */
void gv_merge_map_release(struct gv_merge_map *m);

/* (merge_leaf.c) One key of a map, and what its sides have. */
struct gv_merge_entry {
	const struct gv_merge_piece *side[GV_MERGE_SIDES]; /* NULL: none */
	const struct gv_layer_value *value[GV_MERGE_SIDES];
	const struct gv_merge_view *views;
	long shift; /* of lines of theirs, to stand where ours do */
	bool is_flow;
	size_t next;
};

enum gv_merge_choice {
	GV_MERGE_TAKE_OURS,
	GV_MERGE_TAKE_THEIRS,
	GV_MERGE_TAKE_NONE, /* it was removed */
	GV_MERGE_TAKE_BOTH, /* a conflict */
};

/* What becomes of a key as a whole. */
enum gv_merge_choice gv_merge_choose(const struct gv_merge_entry *e);

/* The text of a key on a side, from its own line or its name on. */
struct gv_merge_text
gv_merge_body(const struct gv_merge_entry *e, enum gv_merge_side side);

/* Append the comments and blanks in front of a key, or the head or tail of a
 * map: those of both sides. */
int gv_merge_add_around(struct gv_buf *out,
    const struct gv_merge_text sides[GV_MERGE_SIDES], long shift);

/* Append the text of a key that one side has changed, with the comments on its
 * line that the other has changed. 1, GV_ENOMEM. */
int gv_merge_add_leaf(struct gv_buf *out, const struct gv_merge_entry *e,
    enum gv_merge_choice choice);

/* Append lines, moved to the right or left. */
void gv_merge_add_shifted(
    struct gv_buf *out, const struct gv_merge_text *text, long shift);

#endif
