#include "component/component_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "component/component_cut.h"
#include "crypto/secret.h"

/*
 *	git-vault component index 1
 *	size BYTES
 *	sum DIGITS
 *	part BLOCK OFFSET LENGTH SIZE BASE	BASE is a part's number, or -
 *	piece PART ID ANCHOR
 *
 * Parts are counted from 0 in the order of their lines, which all come before
 * those of the pieces.
 */

#define HEAD     "git-vault component index 1\n"
#define PART_MAX GV_COMPONENT_PIECE_MAX

/* ---- writing ------------------------------------------------------------- */

static int
add_part(struct gv_secret *out, const struct gv_component_part *p)
{
	char line[80], base[16] = "-";

	if (p->base != GV_COMPONENT_NO_BASE)
		snprintf(base, sizeof(base), "%" PRIu32, p->base);
	return gv_secret_add(out, line,
	    (size_t)snprintf(line, sizeof(line),
		"part %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s\n",
		p->block, p->offset, p->len, p->size, base));
}

static int
add_piece(struct gv_secret *out, const struct gv_component_piece *p)
{
	char line[96], id[2 * GV_DIGEST_BYTES + 1];

	gv_enc_hex(id, p->id.bytes, GV_DIGEST_BYTES);
	return gv_secret_add(out, line,
	    (size_t)snprintf(line, sizeof(line),
		"piece %" PRIu32 " %s %016" PRIx64 "\n", p->part, id,
		p->anchor));
}

int
gv_component_index_write(
    struct gv_secret *out, const struct gv_component_index *index)
{
	char head[160], sum[2 * GV_DIGEST_BYTES + 1];
	size_t i;
	int r;

	gv_enc_hex(sum, index->sum.bytes, GV_DIGEST_BYTES);
	r = gv_secret_add(out, head,
	    (size_t)snprintf(head, sizeof(head),
		HEAD "size %" PRIu64 "\nsum %s\n", index->size, sum));
	for (i = 0; r == 0 && i < index->n_parts; i++)
		r = add_part(out, &index->parts[i]);
	for (i = 0; r == 0 && i < index->n_pieces; i++)
		r = add_piece(out, &index->pieces[i]);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
	const char *p, *end;
	struct gv_component_index *out;
};

static int
damaged(void)
{
	return gv_err(GV_ECORRUPT, "the index of the dump is invalid");
}

static bool
takes(struct reader *in, const char *word)
{
	const size_t n = strlen(word);

	if ((size_t)(in->end - in->p) < n || memcmp(in->p, word, n) != 0)
		return false;
	in->p += n;
	return true;
}

/* A number of at most `most`, without a zero before it. */
static bool
takes_number(uint64_t *out, struct reader *in, uint64_t most)
{
	const char *const from = in->p;

	for (*out = 0; in->p < in->end && *in->p >= '0' && *in->p <= '9';
	     in->p++) {
		const unsigned digit = (unsigned)(*in->p - '0');

		if (*out > (most - digit) / 10 || digit > most)
			return false;
		*out = *out * 10 + digit;
	}
	return in->p > from && (in->p == from + 1 || *from != '0');
}

static bool
takes_digits(unsigned char *out, struct reader *in, size_t n)
{
	size_t i;

	if ((size_t)(in->end - in->p) < 2 * n)
		return false;
	for (i = 0; i < 2 * n; i++)
		if (strchr("0123456789abcdef", in->p[i]) == NULL ||
		    in->p[i] == '\0')
			return false;
	if (gv_enc_unhex(out, in->p, n) < 0)
		return false;
	in->p += 2 * n;
	return true;
}

/* The base of part `n`. */
static bool
takes_base(struct gv_component_part *part, struct reader *in, size_t n)
{
	uint64_t base;

	part->base = GV_COMPONENT_NO_BASE;
	part->depth = 0;
	if (takes(in, "-\n"))
		return part->len == part->size;
	if (n == 0 || !takes_number(&base, in, n - 1) || !takes(in, "\n"))
		return false;
	part->base = (uint32_t)base;
	part->depth = in->out->parts[base].depth + 1;
	return part->depth <= GV_COMPONENT_CHAIN;
}

static int
read_part(struct reader *in)
{
	struct gv_component_index *out = in->out;
	struct gv_component_part *part;
	uint64_t n[4];
	int r;

	if (out->n_pieces || out->n_parts == GV_COMPONENT_MANY)
		return damaged();
	if ((r = GV_GROW(out->parts, out->n_parts, out->cap_parts)) < 0)
		return r;
	part = &out->parts[out->n_parts];
	if (!takes_number(&n[0], in, GV_COMPONENT_MANY) || !takes(in, " ") ||
	    !takes_number(&n[1], in, PART_MAX) || !takes(in, " ") ||
	    !takes_number(&n[2], in, PART_MAX - n[1]) || !takes(in, " ") ||
	    !takes_number(&n[3], in, PART_MAX) || !takes(in, " "))
		return damaged();
	*part = (struct gv_component_part){ .block = (uint32_t)n[0],
		.offset = (uint32_t)n[1],
		.len = (uint32_t)n[2],
		.size = (uint32_t)n[3] };
	if (part->size == 0 || part->len == 0 ||
	    !takes_base(part, in, out->n_parts))
		return damaged();
	if (out->n_blocks <= part->block)
		out->n_blocks = part->block + 1;
	out->n_parts++;
	return 0;
}

static int
read_piece(struct reader *in)
{
	struct gv_component_index *out = in->out;
	struct gv_component_piece *piece;
	unsigned char anchor[8];
	uint64_t part;
	int r;

	if (out->n_parts == 0 || out->n_pieces == GV_COMPONENT_MANY)
		return damaged();
	if ((r = GV_GROW(out->pieces, out->n_pieces, out->cap_pieces)) < 0)
		return r;
	piece = &out->pieces[out->n_pieces];
	if (!takes_number(&part, in, out->n_parts - 1) || !takes(in, " ") ||
	    !takes_digits(piece->id.bytes, in, GV_DIGEST_BYTES) ||
	    !takes(in, " ") || !takes_digits(anchor, in, sizeof(anchor)) ||
	    !takes(in, "\n"))
		return damaged();
	piece->part = (uint32_t)part;
	piece->anchor = gv_enc_number(anchor, sizeof(anchor));
	out->n_pieces++;
	return 0;
}

static int
read_lines(struct reader *in)
{
	struct gv_component_index *out = in->out;
	int r = 0;

	if (!takes(in, HEAD) || !takes(in, "size ") ||
	    !takes_number(&out->size, in, (uint64_t)1 << 62) ||
	    !takes(in, "\nsum ") ||
	    !takes_digits(out->sum.bytes, in, GV_DIGEST_BYTES) ||
	    !takes(in, "\n"))
		return damaged();
	while (r == 0 && in->p < in->end)
		r = takes(in, "part ")    ? read_part(in)
		    : takes(in, "piece ") ? read_piece(in)
					  : damaged();
	return r;
}

/* Whether the pieces make up the dump. */
static bool
is_size_right(const struct gv_component_index *index)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < index->n_pieces; i++)
		size += index->parts[index->pieces[i].part].size;
	return size == index->size && index->n_pieces;
}

int
gv_component_index_read(
    struct gv_component_index *out, const char *text, size_t len)
{
	struct reader in = { .p = text, .end = text + len, .out = out };
	int r;

	*out = (struct gv_component_index){ .size = 0 };
	r = read_lines(&in);
	if (r == 0 && !is_size_right(out))
		r = damaged();
	if (r < 0)
		gv_component_index_release(out);
	return r;
}

void
gv_component_index_release(struct gv_component_index *index)
{
	free(index->parts);
	free(index->pieces);
	*index = (struct gv_component_index){ .size = 0 };
}
