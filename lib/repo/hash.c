#include "repo/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/err.h"
#include "repo/hash_library.h"
#include "repo/sha1dc.h"

enum way { PLAIN, DETECTING, BY_LIBRARY };

/* The shared libgit2 shows its collision-detecting SHA-1 only whole
 * (git_odb_hash) or behind a stream that writes to a database. So this is a
 * database of one backend that throws everything away: the stream's owner keeps
 * the hash. */
struct gv_hash {
	enum way way;
	struct sha1_ctx plain;
	struct gv_sha1dc detecting;
	uint64_t left; /* of the bytes that were announced to `detecting` */
	const struct gv_hash_library *git2;
	git_odb *odb;
	git_odb_stream *stream;
};

#define FILE_CHUNK (256 * 1024)

static int
sink_write(git_odb_stream *stream, const char *data, size_t len)
{
	(void)stream;
	(void)data;
	(void)len;
	return 0;
}

static int
sink_finalize(git_odb_stream *stream, const git_oid *id)
{
	(void)stream;
	(void)id;
	return 0;
}

static void
sink_stream_free(git_odb_stream *stream)
{
	free(stream);
}

static int
sink_open(git_odb_stream **out, git_odb_backend *backend,
    git_object_size_t size, git_object_t type)
{
	git_odb_stream *stream = calloc(1, sizeof(*stream));

	(void)size;
	(void)type;
	if (stream == NULL)
		return -1;
	stream->backend = backend;
	stream->mode = GIT_STREAM_WRONLY;
	stream->write = sink_write;
	stream->finalize_write = sink_finalize;
	stream->free = sink_stream_free;
	*out = stream;
	return 0;
}

static void
sink_free(git_odb_backend *backend)
{
	free(backend);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_library(void)
{
	const struct gv_hash_library *git2;

	if (gv_hash_library(&git2) == 0)
		git2->libgit2_init();
}

static int
refuse(const struct gv_hash_library *git2)
{
	const git_error *e = git2->error_last();

	return gv_err(GV_ERROR, "cannot hash a large object: %s",
	    e && e->message ? e->message : "no reason given");
}

/* With nothing but a backend that keeps nothing. */
static int
open_database(struct gv_hash *h)
{
	git_odb_backend *sink = calloc(1, sizeof(*sink));

	if (sink == NULL)
		return gv_err_nomem();
	pthread_once(&once, start_library);
	h->git2->odb_init_backend(sink, GIT_ODB_BACKEND_VERSION);
	sink->writestream = sink_open;
	sink->free = sink_free;
	if (h->git2->odb_new(&h->odb) < 0 ||
	    h->git2->odb_add_backend(h->odb, sink, 1) < 0) {
		free(sink);
		return refuse(h->git2);
	}
	return 0;
}

static void
begin_detecting(struct gv_sha1dc *ctx, enum gv_otype type, uint64_t size)
{
	char head[GV_OID_HEAD];

	gv_sha1dc_init(ctx);
	gv_sha1dc_update(ctx, head, gv_oid_head(head, type, size));
}

static int
open_library(struct gv_hash *h, enum gv_otype type, uint64_t size)
{
	int r;

	if ((r = gv_hash_library(&h->git2)) < 0 || (r = open_database(h)) < 0)
		return r;
	return h->git2->odb_open_wstream(
		   &h->stream, h->odb, size, (git_object_t)type) < 0
	    ? refuse(h->git2)
	    : 0;
}

int
gv_hash_open(struct gv_hash **out, enum gv_otype type, uint64_t size)
{
	struct gv_hash *h = calloc(1, sizeof(*h));
	int r = 0;

	if (h == NULL)
		return gv_err_nomem();
	h->way = gv_sha1dc_is_here() ? DETECTING : BY_LIBRARY;
	h->left = size;
	if (h->way == DETECTING)
		begin_detecting(&h->detecting, type, size);
	else
		r = open_library(h, type, size);
	if (r < 0)
		gv_hash_close(h);
	else
		*out = h;
	return r;
}

static void
begin_object(struct sha1_ctx *ctx, enum gv_otype type, uint64_t size)
{
	char head[GV_OID_HEAD];

	sha1_init(ctx);
	sha1_update(ctx, gv_oid_head(head, type, size), (const uint8_t *)head);
}

int
gv_hash_open_plain(struct gv_hash **out, enum gv_otype type, uint64_t size)
{
	struct gv_hash *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return gv_err_nomem();
	begin_object(&h->plain, type, size);
	*out = h;
	return 0;
}

int
gv_hash_update(struct gv_hash *h, const void *data, size_t len)
{
	if (h->way == BY_LIBRARY)
		return h->git2->odb_stream_write(h->stream, data, len) < 0
		    ? refuse(h->git2)
		    : 0;
	if (h->way == PLAIN) {
		sha1_update(&h->plain, len, data);
		return 0;
	}
	if (len > h->left)
		return gv_err(GV_ERROR,
		    "cannot hash a large object: it has more bytes than were "
		    "announced");
	h->left -= len;
	gv_sha1dc_update(&h->detecting, data, len);
	return 0;
}

int
gv_hash_finish(struct gv_hash *h, struct gv_oid *out)
{
	git_oid id;

	if (h->way == PLAIN) {
		sha1_digest(&h->plain, GV_OID_RAW, out->id);
		return 0;
	}
	if (h->way == DETECTING && h->left)
		return gv_err(GV_ERROR,
		    "cannot hash a large object: it has fewer bytes than were "
		    "announced");
	if (h->way == DETECTING)
		return gv_sha1dc_finish(&h->detecting, out->id)
		    ? 0
		    : gv_err(GV_ERROR,
			  "cannot hash a large object: it looks like a SHA-1 "
			  "collision attack");
	if (h->git2->odb_stream_finalize_write(&id, h->stream) < 0)
		return refuse(h->git2);
	memcpy(out->id, id.id, GV_OID_RAW);
	return 0;
}

void
gv_hash_close(struct gv_hash *h)
{
	if (h && h->git2) {
		h->git2->odb_stream_free(h->stream);
		h->git2->odb_free(h->odb);
	}
	/* the end of what was hashed may stand in it */
	if (h)
		explicit_bzero(h, sizeof(*h));
	free(h);
}

int
gv_hash_can_detect(void)
{
	const struct gv_hash_library *git2;

	return gv_sha1dc_is_here() ? 0 : gv_hash_library(&git2);
}

void
gv_hash_plain(struct gv_oid *out, const void *data, size_t len)
{
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	sha1_update(&ctx, len, data);
	sha1_digest(&ctx, GV_OID_RAW, out->id);
}

void
gv_hash_object(
    struct gv_oid *out, enum gv_otype type, const void *data, size_t len)
{
	struct sha1_ctx ctx;

	begin_object(&ctx, type, len);
	sha1_update(&ctx, len, data);
	sha1_digest(&ctx, GV_OID_RAW, out->id);
	explicit_bzero(&ctx, sizeof(ctx));
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct gv_hash_sha256),
    "nettle's state fits into ours");
_Static_assert(_Alignof(struct sha256_ctx) <= _Alignof(uint64_t),
    "nettle's state may stand where ours does");

static struct sha256_ctx *
state_of(struct gv_hash_sha256 *h)
{
	return (struct sha256_ctx *)(void *)h->state;
}

void
gv_hash_sha256_init(struct gv_hash_sha256 *h)
{
	sha256_init(state_of(h));
}

void
gv_hash_sha256_update(struct gv_hash_sha256 *h, const void *data, size_t len)
{
	sha256_update(state_of(h), len, data);
}

void
gv_hash_sha256_finish(struct gv_hash_sha256 *h, unsigned char out[32])
{
	sha256_digest(state_of(h), SHA256_DIGEST_SIZE, out);
}

void
gv_hash_keyed(unsigned char out[GV_HASH_KEYED],
    const unsigned char key[GV_HASH_KEYED], const struct gv_hash_part *parts,
    size_t n)
{
	struct hmac_sha256_ctx ctx;
	size_t i;

	hmac_sha256_set_key(&ctx, GV_HASH_KEYED, key);
	for (i = 0; i < n; i++)
		hmac_sha256_update(&ctx, parts[i].len, parts[i].data);
	hmac_sha256_digest(&ctx, GV_HASH_KEYED, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

void
gv_hash_md5(unsigned char out[GV_HASH_MD5], const void *data, size_t len)
{
	struct md5_ctx ctx;

	md5_init(&ctx);
	md5_update(&ctx, len, data);
	md5_digest(&ctx, GV_HASH_MD5, out);
	/* the end of what was hashed stands there */
	explicit_bzero(&ctx, sizeof(ctx));
}

int
gv_hash_file(struct gv_oid *out, int fd, uint64_t len)
{
	unsigned char *chunk = malloc(FILE_CHUNK);
	struct sha1_ctx ctx;
	uint64_t at = 0;
	ssize_t n;
	int r = 0;

	if (chunk == NULL) {
		errno = ENOMEM;
		return GV_ERROR;
	}
	sha1_init(&ctx);
	while (r == 0 && at < len) {
		n = pread(fd, chunk,
		    len - at < FILE_CHUNK ? (size_t)(len - at) : FILE_CHUNK,
		    (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : EIO;
			r = GV_ERROR;
			continue;
		}
		sha1_update(&ctx, (size_t)n, chunk);
		at += (uint64_t)n;
	}
	sha1_digest(&ctx, GV_OID_RAW, out->id);
	free(chunk);
	return r;
}
