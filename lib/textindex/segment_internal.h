#ifndef GV_SEGMENT_INTERNAL_H
#define GV_SEGMENT_INTERNAL_H
/*
 * The bytes of a segment, for its reader and its writers alone. Numbers are in
 * network order:
 *
 *	8 bytes		"GVGRAMS3"
 *	5 * 4 bytes	how many pieces, contents, uses of pieces, blocks; the
 *			highest byte of the first: how many bits of each gram
 *			are left out; how many bytes come behind the sums
 *	4 bytes each	CRC-32 of each SEGMENT_PAGE bytes of what comes next
 *	4 bytes		CRC-32 of all before
 *	16 bytes each	pieces: the first bytes of the SHA-256 of their text
 *	28 bytes each	contents: the id, the length (0xffffffff: no text),
 *			where its uses end
 *	4 bytes each	uses: the piece
 *	8 bytes each	blocks: the first gram, where its postings begin
 *	…		postings, see segment_list.c
 *
 * A search touches a few pages of a segment, and checks the sums of these.
 */

#include "base/buf.h"
#include "textindex/segment.h"

#define SEGMENT_MAGIC       "GVGRAMS3"
#define SEGMENT_HEAD        20
#define SEGMENT_PAGE        4096
#define SEGMENT_SUM         4
#define SEGMENT_PIECE       GV_SEGMENT_NAME
#define SEGMENT_DOC         28
#define SEGMENT_USE         4
#define SEGMENT_BLOCK       8
#define SEGMENT_BLOCK_GRAMS 32
#define SEGMENT_NO_TEXT     UINT32_C(0xffffffff)
#define SEGMENT_PIECE_BITS  24

/* Whether these bytes of a segment are as they were written, by the sums of the
 * pages that they are in. (segment.c) */
bool gv_segment_is_good(const struct gv_segment *seg, const char *p, size_t n);

/* How many sums that many bytes have. */
static inline size_t
gv_segment_sums(size_t len)
{
	return (len + SEGMENT_PAGE - 1) / SEGMENT_PAGE;
}

/* Set the sums of a segment that begins at `from` and ends the buffer. Its head
 * says how many there are. (segment.c) */
void gv_segment_seal(struct gv_buf *out, size_t from);

/* ---- reading lists (segment_list.c) -------------------------------------- */

/* The pieces that have a gram. */
struct gv_segment_list {
	const char *p, *end;
	uint32_t pieces;
	uint64_t next; /* no piece before this one follows */
	unsigned rice; /* bits of the lower part, + 1; 0: numbers of 7 bits */
	uint64_t bits;
	unsigned n_bits;
};

/* The lists one after the other. */
struct gv_segment_cursor {
	const struct gv_segment *seg;
	const char *p, *end;
	uint32_t block, gram;
	struct gv_segment_list list;
};

/* The list of a gram: 1; 0: no piece has it; GV_ECORRUPT without a message. The
 * caller knows that the blocks are good. */
int gv_segment_list_find(
    struct gv_segment_list *out, const struct gv_segment *seg, uint32_t gram);

/* The next piece of a list. */
bool gv_segment_list_next(uint32_t *piece, struct gv_segment_list *list);

/* The next gram, and its list; zeroed but for `seg` at first. Grams rise, else
 * it ends. */
bool gv_segment_cursor_next(struct gv_segment_cursor *c);

/* ---- writing them -------------------------------------------------------- */

struct gv_segment_writer {
	struct gv_buf blocks, postings;
	uint32_t n_blocks, in; /* blocks, and grams in the last one */
	uint32_t gram, before;
	uint32_t *list; /* of the gram at hand */
	size_t n, cap;
};

#define GV_SEGMENT_WRITER_INIT                                                 \
	{                                                                      \
		.blocks = GV_BUF_INIT, .postings = GV_BUF_INIT                 \
	}

/* Add a pair; they come by gram, then piece, and what comes twice is added
 * once. 0 or GV_ENOMEM. */
int gv_segment_writer_add(
    struct gv_segment_writer *w, uint32_t gram, uint32_t piece);

/* End the last list. 0 or GV_ENOMEM. */
int gv_segment_writer_end(struct gv_segment_writer *w);

void gv_segment_writer_release(struct gv_segment_writer *w);

/* ---- the tables (segment_draft.c) ---------------------------------------- */

/* Note the use of a piece, which is a new one or known by its name. 0 or
 * GV_ENOMEM. */
int gv_segment_draft_piece(bool *is_new, struct gv_segment_draft *d,
    const unsigned char name[GV_SEGMENT_NAME]);

/* Append the head and all behind it, and seal it. 0 or GV_ENOMEM. */
int gv_segment_draft_put(struct gv_buf *out, const struct gv_segment_draft *d,
    const struct gv_segment_writer *w);

#endif
