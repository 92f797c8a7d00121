#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/age.h"
#include "crypto/stream.h"
#include "object/pack_file.h"
#include "replica/replica_internal.h"
#include "repo/hash.h"
#include "sys/cancel.h"
#include "sys/entry.h"
#include "sys/file.h"

#define PIECE ((size_t)256 << 10)

/* ---- out ---------------------------------------------------------------- */

/* Each piece of a file from where it stands, at most PIECE bytes. */
static int
each_piece(int fd, const char *path,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	char *piece = malloc(PIECE);
	ssize_t n = 1;
	int r = piece ? 0 : gv_err_nomem();

	while (r == 0 && (n = gv_file_read_some(fd, piece, PIECE)) > 0)
		r = gv_cancel_requested() ? gv_cancel_error()
					  : fn(ctx, piece, (size_t)n);
	if (r == 0 && n < 0)
		r = gv_err_sys("cannot read %s", path);
	free(piece);
	return r;
}

/* Where the bytes of a file go that is read once; NULL: not there. */
struct reading {
	struct gv_hash_sha256 *hash;
	struct gv_stream *sealed;
	struct gv_pack_file *check;
};

static int
add_piece(void *ctx, const void *data, size_t len)
{
	struct reading *to = ctx;
	int r = to->check ? gv_pack_file_add(to->check, data, len) : 0;

	if (to->hash)
		gv_hash_sha256_update(to->hash, data, len);
	if (r == 0 && to->sealed)
		r = gv_stream_add(to->sealed, data, len);
	return r;
}

static int
read_all(int fd, const char *path, struct reading *to)
{
	int r = to->check ? gv_pack_file_begin(to->check) : 0;

	if (r == 0)
		r = each_piece(fd, path, add_piece, to);
	if (r == 0 && to->check)
		r = gv_pack_file_finish(to->check);
	return r;
}

static int
add_file(void *ctx, const void *data, size_t len)
{
	return gv_entry_write(ctx, data, len) < 0
	    ? gv_err_sys("cannot write the encrypted pack")
	    : 0;
}

/* Write an age file of what `fd` has to a new file. */
static int
seal_file(struct gv_replica *rep, int fd, const struct gv_replica_file *from,
    const char *path)
{
	struct reading to_file = { .check = from->check };
	const struct gv_recipient *to[GV_REPLICA_RECIPIENTS];
	struct gv_entry_file file;
	struct gv_stream *stream = NULL;
	size_t i;
	int r;

	for (i = 0; i < rep->n_to; i++)
		to[i] = &rep->to[i];
	if (gv_entry_create(&file, AT_FDCWD, path, 0600) < 0)
		return gv_err_sys("cannot create %s", path);
	r = gv_age_begin(&stream, to, rep->n_to, add_file, &file);
	to_file.sealed = stream;
	if (r == 0 && (r = read_all(fd, from->path, &to_file)) == 0)
		r = gv_stream_finish(stream);
	gv_stream_free(stream);
	gv_entry_drop(&file);
	return r;
}

static int
sum_file(
    unsigned char *sum, int fd, const char *path, struct gv_pack_file *check)
{
	struct gv_hash_sha256 hash;
	struct reading to = { .hash = &hash, .check = check };
	int r;

	gv_hash_sha256_init(&hash);
	if (gv_file_rewind(fd) < 0)
		return gv_err_sys("cannot read %s", path);
	if ((r = read_all(fd, path, &to)) == 0)
		gv_hash_sha256_finish(&hash, sum);
	return r;
}

int
gv_replica_file_sum(unsigned char *sum, int fd, const char *path)
{
	return sum_file(sum, fd, path, NULL);
}

/* A push that was killed has left it, and it has its content's name. */
static int
check_same(struct gv_replica *rep, const char *name, uint64_t bytes)
{
	struct gv_store_stat st;
	int r = gv_store_stat(&st, rep->store, name);

	if (r < 0 || st.bytes == bytes)
		return r;
	return gv_err(GV_ECORRUPT,
	    "the store has %s with another length than its content: remove "
	    "that object from the store, and push again",
	    name);
}

static int
put_fd(struct gv_replica *rep, const struct gv_store_body *body,
    const char *ext, const unsigned char *sum_of)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_replica_name_pack(
	    &name, sum_of ? sum_of : body->sha256, ext, rep->is_encrypted);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_store_put(NULL, rep->store, name.p, body,
		    GV_STORE_NEW | GV_STORE_ALIKE | GV_STORE_LOCK, NULL);
	if (r == GV_EEXISTS)
		r = check_same(rep, name.p, body->len);
	gv_buf_release(&name);
	return r;
}

int
gv_replica_ready_open(struct gv_replica_ready *out, struct gv_replica *rep,
    const struct gv_replica_file *file)
{
	const char *from = file->path;
	struct stat st;
	int r;

	*out = (struct gv_replica_ready){
		.body.fd = -1, .file = file, .sealed = GV_BUF_INIT
	};
	if ((r = gv_file_open(&out->body.fd, &st, AT_FDCWD, from)) < 0) {
		out->body.fd = -1;
		return r;
	}
	if (rep->is_encrypted) {
		gv_buf_addf(&out->sealed, "%s.age", from);
		if ((r = gv_buf_check(&out->sealed)) < 0 ||
		    (r = seal_file(rep, out->body.fd, file, out->sealed.p)) < 0)
			return r;
		gv_file_close(out->body.fd);
		from = out->sealed.p;
		r = gv_file_open(&out->body.fd, &st, AT_FDCWD, from);
		if (r < 0) {
			out->body.fd = -1;
			return r;
		}
	}
	out->body.len = (uint64_t)st.st_size;
	return sum_file(out->sum, out->body.fd, from,
	    rep->is_encrypted ? NULL : file->check);
}

int
gv_replica_ready_put(struct gv_replica *rep, struct gv_replica_ready *ready)
{
	ready->body.sha256 = ready->sum;
	return put_fd(rep, &ready->body, ready->file->ext, ready->file->sum_of);
}

void
gv_replica_ready_close(struct gv_replica_ready *ready)
{
	if (ready->file == NULL)
		return;
	gv_file_close(ready->body.fd);
	if (ready->sealed.len)
		gv_entry_unlink(AT_FDCWD, ready->sealed.p);
	gv_buf_release(&ready->sealed);
	ready->file = NULL;
}

int
gv_replica_store_file(unsigned char *sum, uint64_t *bytes,
    struct gv_replica *rep, const struct gv_replica_file *file)
{
	struct gv_replica_ready ready;
	int r = gv_replica_ready_open(&ready, rep, file);

	if (r == 0)
		r = gv_replica_ready_put(rep, &ready);
	if (r == 0) {
		memcpy(sum, ready.sum, sizeof(ready.sum));
		*bytes = ready.body.len;
	}
	gv_replica_ready_close(&ready);
	return r;
}

/* ---- in ----------------------------------------------------------------- */

struct receiving {
	struct gv_hash_sha256 hash;
	uint64_t bytes, max;
	struct gv_entry_file *file;   /* NULL: nothing is written */
	struct gv_age_reader *reader; /* NULL: it is not encrypted */
	const char *name, *path;
};

static int
put_clear(void *ctx, const void *data, size_t len)
{
	struct receiving *in = ctx;

	if (in->file && gv_entry_write(in->file, data, len) < 0)
		return gv_err_sys("cannot write %s", in->path);
	return 0;
}

static int
receive(void *ctx, const void *data, size_t len)
{
	struct receiving *in = ctx;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (len > in->max - in->bytes)
		return gv_err(GV_ECORRUPT,
		    "%s is longer in the store than its manifest says",
		    in->name);
	in->bytes += len;
	gv_hash_sha256_update(&in->hash, data, len);
	return in->reader ? gv_age_reader_add(in->reader, data, len)
			  : put_clear(in, data, len);
}

static int
receive_all(
    struct receiving *in, struct gv_replica *rep, const unsigned char *sum)
{
	struct gv_store_sink sink = { receive, in };
	unsigned char is[GV_REPLICA_SUM];
	int r = gv_store_get(rep->store, in->name, 0, UINT64_MAX, &sink);

	if (r < 0)
		return r;
	gv_hash_sha256_finish(&in->hash, is);
	if (in->bytes != in->max || memcmp(is, sum, sizeof(is)) != 0)
		return gv_err(GV_ECORRUPT,
		    "%s in the store is not what its manifest says: %llu bytes "
		    "with another SHA-256",
		    in->name, (unsigned long long)in->bytes);
	return in->reader ? gv_age_reader_finish(in->reader) : 0;
}

int
gv_replica_fetch_sum(struct gv_replica *rep, const char *name,
    const unsigned char *sum, uint64_t bytes)
{
	struct receiving in = { .max = bytes, .name = name };

	gv_hash_sha256_init(&in.hash);
	return receive_all(&in, rep, sum);
}

int
gv_replica_fetch_file(struct gv_replica *rep, const char *name,
    const unsigned char *sum, uint64_t bytes, const char *path)
{
	struct gv_entry_file file;
	struct receiving in = {
		.max = bytes, .file = &file, .name = name, .path = path
	};
	int r = 0;

	gv_hash_sha256_init(&in.hash);
	if (rep->is_encrypted) {
		if ((r = gv_replica_need_keys(rep)) < 0)
			return r;
		r = gv_age_reader_new(
		    &in.reader, rep->with, rep->n_with, put_clear, &in);
		if (r < 0)
			return r;
	}
	/* what a killed restore left */
	if (gv_entry_unlink(AT_FDCWD, path) < 0 && errno != ENOENT)
		r = gv_err_sys("cannot replace %s", path);
	else if (gv_entry_create(&file, AT_FDCWD, path, 0444) < 0)
		r = gv_err_sys("cannot create %s", path);
	if (r == 0) {
		r = receive_all(&in, rep, sum);
		gv_entry_drop(&file);
		if (r < 0)
			gv_entry_unlink(AT_FDCWD, path);
		else
			r = gv_file_sync(AT_FDCWD, path);
	}
	gv_age_reader_free(in.reader);
	return r;
}
