#include "graph/depgraph_sealed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/stream.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "worktree/fact.h"

/*
 * 8 bytes		what it is, as of an image that is not encrypted
 * 32 bytes		the key, which tells nothing of private files
 * ...			the payload of an age file: the image
 * 4 bytes		CRC-32 of all before
 */

#define HEAD  (GV_CACHE_MAGIC + GV_DEPGRAPH_KEY)
#define PIECE ((size_t)256 * 1024) /* stays in the cache of a processor */

static int
append(void *ctx, const void *data, size_t len)
{
	gv_buf_add(ctx, data, len);
	return gv_buf_check(ctx);
}

/* ---- written ------------------------------------------------------------- */

struct sealing {
	const unsigned char *key;
	const struct gv_cache_part *parts;
	size_t n, part, at; /* of all parts, the present one, where in it */
	struct gv_stream *stream;
	struct gv_buf *out;
	bool has_head, is_done;
};

static int
emit(void *ctx, const void *data, size_t len)
{
	const struct sealing *s = ctx;

	return append(s->out, data, len);
}

static int
seal_some(struct sealing *s)
{
	const struct gv_cache_part *part = &s->parts[s->part];
	size_t n;

	if (s->part == s->n) {
		s->is_done = true;
		return gv_stream_finish(s->stream);
	}
	if (s->at == part->len) {
		s->part++;
		s->at = 0;
		return 0;
	}
	n = part->len - s->at < PIECE ? part->len - s->at : PIECE;
	s->at += n;
	return gv_stream_add(s->stream, (const char *)part->p + s->at - n, n);
}

static int
next(void *ctx, struct gv_buf *out)
{
	struct sealing *s = ctx;
	const size_t begin = out->len;
	int r = 0;

	s->out = out;
	if (!s->has_head) {
		gv_buf_add(out, GV_FACT_GRAPH_MAGIC, GV_CACHE_MAGIC);
		gv_buf_add(out, s->key, GV_DEPGRAPH_KEY);
		s->has_head = true;
		return gv_buf_check(out);
	}
	while (r == 0 && out->len == begin && !s->is_done)
		r = seal_some(s);
	return r;
}

void
gv_depgraph_sealed_save(const struct gv_repo *repo,
    const unsigned char key[GV_DEPGRAPH_KEY],
    const unsigned char seal[GV_DEPGRAPH_SEAL],
    const struct gv_cache_part *parts, size_t n)
{
	struct sealing s = { .key = key, .parts = parts, .n = n };
	char *before = gv_err_save();

	if (gv_stream_new_sealing(&s.stream, seal, emit, &s) == 0)
		gv_cache_save_by(repo, GV_FACT_GRAPH, next, &s);
	gv_stream_free(s.stream);
	gv_err_restore(before);
}

/* ---- read ---------------------------------------------------------------- */

/* Open what is behind the head; `len` bytes of it. */
static int
open_all(struct gv_buf *out, int fd, size_t len,
    const unsigned char seal[GV_DEPGRAPH_SEAL])
{
	struct gv_stream *stream = NULL;
	struct gv_buf piece = GV_BUF_INIT;
	int r = gv_stream_new_opening(&stream, seal, append, out);

	if (r == 0)
		r = gv_buf_grow(out, len);
	if (r == 0)
		r = gv_buf_grow(&piece, PIECE);
	while (r == 0 && len > 0) {
		const size_t n = len < PIECE ? len : PIECE;

		if (gv_file_read_full(fd, piece.p, n) != (ssize_t)n)
			r = GV_ENOTFOUND;
		else
			r = gv_stream_add(stream, piece.p, n);
		len -= n;
	}
	if (r == 0)
		r = gv_stream_finish(stream);
	gv_stream_free(stream);
	gv_buf_release(&piece);
	return r;
}

/* Whether a file begins as one of that key does. */
static bool
is_of(int fd, const unsigned char key[GV_DEPGRAPH_KEY])
{
	char head[HEAD];

	return gv_file_read_full(fd, head, HEAD) == (ssize_t)HEAD &&
	    memcmp(head, GV_FACT_GRAPH_MAGIC, GV_CACHE_MAGIC) == 0 &&
	    memcmp(head + GV_CACHE_MAGIC, key, GV_DEPGRAPH_KEY) == 0;
}

int
gv_depgraph_sealed_load(struct gv_buf *out, const struct gv_repo *repo,
    const unsigned char key[GV_DEPGRAPH_KEY],
    const unsigned char seal[GV_DEPGRAPH_SEAL])
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	struct stat st;
	int fd = -1, r;

	gv_buf_addf(&path, "%s/vault/" GV_FACT_GRAPH, repo->common_dir);
	r = gv_buf_check(&path);
	if (r == 0)
		r = gv_file_open(&fd, &st, AT_FDCWD, path.p);
	if (r == 0 &&
	    (st.st_size < (off_t)(HEAD + GV_CACHE_SUM) ||
		st.st_size > (off_t)UINT32_MAX || !is_of(fd, key)))
		r = GV_ENOTFOUND;
	if (r == 0)
		r = open_all(
		    out, fd, (size_t)st.st_size - HEAD - GV_CACHE_SUM, seal);
	if (r < 0)
		gv_buf_release(out);
	gv_file_close(fd);
	gv_buf_release(&path);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return r < 0 ? GV_ENOTFOUND : 0;
}
