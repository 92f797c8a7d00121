#include "restore/restore_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/tree.h"
#include "repo/hash.h"
#include "restore/restore_holes.h"
#include "sys/cancel.h"

/* Bytes on their way into a file, or only into its name, with its list of
 * data in hand. */
struct sink {
	struct gv_entry_file file;
	struct gv_hash *hash; /* a rehearsal: nothing is written */
	struct gv_restore_holes holes;
	uint64_t at; /* where the next byte goes */
	int error;   /* errno of the failed write */
};

static int
put(struct sink *s, const char *p, size_t len)
{
	s->at += len;
	if (s->hash)
		return gv_hash_update(s->hash, p, len);
	if (gv_entry_write(&s->file, p, len) == 0)
		return 0;
	s->error = errno;
	return GV_ERROR;
}

/* Leave a hole: what is read there later is zero. */
static int
leave(struct sink *s, size_t len)
{
	static const char zeros[4096];
	size_t n;
	int r = 0;

	s->at += len;
	if (s->hash == NULL)
		gv_entry_skip(&s->file, len);
	for (; r == 0 && s->hash && len > 0; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		r = gv_hash_update(s->hash, zeros, n);
	}
	return r;
}

static int
sink_bytes(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;
	const char *p = data;
	bool is_hole;
	size_t n;
	int r = 0;

	/* a hole that is kept as one is a hole, whatever the list says */
	if (p == NULL)
		return leave(s, len);
	while (r == 0 && len > 0) {
		n = gv_restore_holes_next(&s->holes, s->at, p, len, &is_hole);
		r = is_hole ? leave(s, n) : put(s, p, n);
		p += n;
		len -= n;
	}
	return r;
}

static int
stream_given(struct gv_revealed_left *left, struct gv_restore_worker *worker,
    const struct gv_restore_file *f,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	const struct gv_revealed_what what = {
		.file = f->given, .oid = f->oid, .is_chunked = f->chunked
	};
	struct gv_restore_run *run = worker->run;
	int r = 0;

	if (worker->reader == NULL)
		r = gv_revealed_reader_new(
		    &worker->reader, run->odb, run->opts->safe);
	return r < 0 ? r
		     : gv_revealed_stream(left, worker->reader, &what, fn, ctx);
}

int
gv_restore_stream(struct gv_revealed_left *left,
    struct gv_restore_worker *worker, const struct gv_restore_file *f,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct gv_odb *odb = worker->run->odb;

	memset(left, 0, sizeof(*left));
	if (f->given)
		return stream_given(left, worker, f, fn, ctx);
	return f->chunked ? gv_chunk_stream(odb, &f->oid, fn, ctx)
			  : gv_odb_stream(odb, &f->oid, fn, ctx);
}

/* Remember what a file was left without, if anything. */
static int
set_left(struct gv_restore_file *f, const struct gv_revealed_left *left)
{
	free(f->left);
	f->left = NULL;
	if (left->sealed == 0 && left->damaged == 0 && left->crossed == 0)
		return 0;
	f->left = malloc(sizeof(*left));
	if (f->left == NULL)
		return gv_err_nomem();
	*f->left = *left;
	return 0;
}

static int
ignore_bytes(void *ctx, const void *data, size_t len)
{
	(void)ctx, (void)data, (void)len;
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

int
gv_restore_try(struct gv_restore_worker *worker, struct gv_restore_file *f)
{
	struct gv_revealed_left left = { 0 };
	int r;

	if (f->given == NULL || f->mode == GV_MODE_LINK)
		return 0;
	r = gv_restore_stream(&left, worker, f, ignore_bytes, NULL);
	if (r < 0 && left.damaged == 0)
		return r;
	return set_left(f, &left);
}

int
gv_restore_size(
    uint64_t *size, struct gv_odb *odb, const struct gv_restore_file *f)
{
	struct gv_chunk_pointer p;
	int r;

	if (!f->chunked)
		return gv_odb_read_size(odb, size, &f->oid);
	r = gv_chunk_pointer_load(&p, odb, &f->oid);
	if (r == 0 && f->meta && p.size != f->meta->chunked)
		r = gv_err(GV_ECORRUPT,
		    "the manifest and its pointer do not agree on its size");
	*size = p.size;
	return r;
}

/* One attempt; *left as gv_restore_stream() says. */
static int
write_file(struct gv_restore_worker *worker, int dirfd, const char *name,
    const struct gv_restore_file *f, const struct gv_restore_meta *meta,
    struct gv_revealed_left *left)
{
	struct sink s = { .holes.list = meta->holes };
	/* what is secret is nobody else's while it is written either */
	mode_t mode =
	    f->given ? 0600 : (mode_t)meta->e.mode & ~worker->run->mask;
	unsigned refused = 0;
	int r;

	if (gv_entry_create(&s.file, dirfd, name, mode) < 0)
		return errno == EEXIST
		    ? gv_err(GV_EREFUSED,
			  "another name of the snapshot is the same on this "
			  "file system")
		    : gv_err_sys("cannot create it");
	if ((r = gv_restore_stream(left, worker, f, sink_bytes, &s)) == 0 &&
	    gv_entry_finish(&s.file, &meta->e, false, &refused) == 0)
		return refused != 0;
	if (r == 0)
		s.error = errno;
	if (s.error) {
		errno = s.error;
		gv_err_sys("cannot write it");
		r = GV_ERROR;
	}
	gv_entry_drop(&s.file);
	gv_entry_unlink(dirfd, name);
	return r;
}

int
gv_restore_write_file(struct gv_restore_worker *worker, int dirfd,
    const char *name, struct gv_restore_file *f,
    const struct gv_restore_meta *meta, unsigned *refused)
{
	struct gv_restore_opts stored = *worker->run->opts;
	struct gv_restore_run as_stored = *worker->run;
	struct gv_restore_worker again = { .run = &as_stored };
	struct gv_revealed_left left = { 0 }, rest = { 0 };
	int r = write_file(worker, dirfd, name, f, meta, &left);

	if (r < 0 && left.damaged) {
		/* it broke off in the middle of a value: all of it again, with
		 * the placeholder */
		stored.safe = NULL;
		as_stored.opts = &stored;
		r = write_file(&again, dirfd, name, f, meta, &rest);
		gv_restore_worker_release(&again);
	}
	if (r < 0)
		return r;
	*refused += (unsigned)r;
	return f->given ? set_left(f, &left) : 0;
}

int
gv_restore_rehearse_file(struct gv_odb *odb, const struct gv_restore_file *f)
{
	const struct gv_manifest_entry *e = f->meta;
	struct sink s = { .holes.list = e ? e->holes : NULL };
	const char *list = s.holes.list;
	struct gv_oid written;
	uint64_t end = 0, len, size;
	int r = gv_restore_size(&size, odb, f);

	/* of chunks, the reader itself compares size and digest */
	if (r == 0 && f->chunked)
		r = gv_chunk_stream(odb, &f->oid, ignore_bytes, NULL);
	if (r == 0 && !f->chunked &&
	    (r = gv_hash_open(&s.hash, GV_OTYPE_BLOB, size)) == 0 &&
	    (r = gv_odb_stream(odb, &f->oid, sink_bytes, &s)) == 0)
		r = gv_hash_finish(s.hash, &written);
	gv_hash_close(s.hash);
	if (r < 0)
		return r;
	if (!f->chunked && !gv_oid_equal(&written, &f->oid))
		return gv_err(GV_EREFUSED,
		    "a restore would not write the bytes that are stored");
	while (list && (r = gv_manifest_next_extent(&list, &end, &len)) > 0)
		;
	/* of a file with values another size is stored than the list's */
	if (e && e->holes && strcmp(e->holes, GV_MANIFEST_HOLES_UNSAID) != 0 &&
	    (r < 0 || (end != size && f->given == NULL)))
		return gv_err(
		    GV_EREFUSED, "its list of holes does not fit its size");
	return 0;
}

/* Read a link's target; GV_EREFUSED where none can be it. */
static int
read_target(struct gv_odb *odb, const struct gv_oid *oid, char target[PATH_MAX])
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	if (obj.len == 0 || obj.len >= PATH_MAX ||
	    memchr(obj.data, '\0', obj.len)) {
		r = gv_err(GV_EREFUSED, "no symbolic link can have its target");
	} else {
		memcpy(target, obj.data, obj.len);
		target[obj.len] = '\0';
	}
	gv_object_release(&obj);
	return r;
}

int
gv_restore_rehearse_link(struct gv_odb *odb, const struct gv_oid *oid)
{
	char target[PATH_MAX];

	return read_target(odb, oid, target);
}

int
gv_restore_write_link(struct gv_restore_run *run, int dirfd, const char *name,
    const struct gv_oid *oid, const struct gv_restore_meta *meta,
    unsigned *refused)
{
	char target[PATH_MAX];
	int r = read_target(run->odb, oid, target);

	if (r < 0 ||
	    gv_entry_symlink(dirfd, name, target, &meta->e, refused) == 0)
		return r;
	return errno == EEXIST
	    ? gv_err(GV_EREFUSED,
		  "another name of the snapshot is the same on this file "
		  "system")
	    : gv_err_sys("cannot create it");
}
