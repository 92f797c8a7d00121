#include "object/odb_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "compress/inflate.h"
#include "sys/file.h"

/*
 * An entry of a pack:
 *	1tttssss [1sssssss]* 0sssssss	type, size; low digits first
 *	type 6: distance to the base, [1ddddddd]* 0ddddddd, high digits first,
 *		each but the last counted from 1
 *	type 7: the base's id
 *	a zlib stream of `size` bytes: the object, or a delta
 * Read by pread, not mapped: an I/O error is then an errno and no signal.
 */
#define OFS_DELTA 6
#define REF_DELTA 7
#define HEAD_MAX  64          /* more than any head takes */
#define WINDOW    (8 * 1024)  /* read at once: most entries are shorter */
#define WIDEST    (64 * 1024) /* where one goes on behind the other */
#define HELD_ONE  (4u << 20)  /* a pack that is held in memory, at most */
#define HELD_ALL  (8u << 20)
#define TRAILER   20
#define PACK_HEAD 12
#define OPEN_MIN  8

int
gv_odb_job_damaged(const struct gv_odb_job *job, uint64_t at, const char *why)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &job->id);
	return gv_err(GV_ECORRUPT,
	    "object %s is damaged in %s.pack at byte %llu: %s", hex,
	    job->pack->stem, (unsigned long long)at, why);
}

bool
gv_odb_job_is_barred(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
	    errno == EACCES || errno == EPERM;
}

/* Whether what it shows goes on, or ends, there. */
static bool
is_near(const struct gv_odb_reader *reader, const struct gv_odb_pack *pack,
    uint64_t at)
{
	return reader->pack == pack && at >= reader->at &&
	    at - reader->at <= reader->len;
}

/* One that has been there, or any. The pack stays open from here on. */
static struct gv_odb_reader *
reader_take(struct gv_odb *odb, struct gv_odb_pack *pack, uint64_t at)
{
	struct gv_odb_reader *reader, **p;

	pthread_mutex_lock(&odb->lock);
	pack->users++;
	for (p = &odb->idle; *p && !is_near(*p, pack, at);)
		p = &(*p)->next;
	if (*p == NULL)
		p = &odb->idle;
	reader = *p;
	if (reader)
		*p = reader->next;
	pthread_mutex_unlock(&odb->lock);
	if (reader)
		return reader;
	reader = calloc(1, sizeof(*reader));
	if (reader == NULL) {
		gv_err_nomem();
		return NULL;
	}
	reader->z = gv_inflate_new();
	if (reader->z == NULL) {
		free(reader);
		return NULL;
	}
	return reader;
}

static void
reader_give(
    struct gv_odb *odb, struct gv_odb_pack *pack, struct gv_odb_reader *reader)
{
	pthread_mutex_lock(&odb->lock);
	pack->users--;
	if (reader) {
		reader->next = odb->idle;
		odb->idle = reader;
	}
	pthread_mutex_unlock(&odb->lock);
}

void
gv_odb_job_release(struct gv_odb *odb)
{
	struct gv_odb_reader *reader, *next;

	for (reader = odb->idle; reader; reader = next) {
		next = reader->next;
		gv_inflate_free(reader->z);
		free(reader->window);
		free(reader);
	}
	odb->idle = NULL;
}

/* What is wrong with a pack file, or NULL with its size. */
static const char *
check_pack(const struct gv_odb_pack *pack, int fd, uint64_t *size, bool lenient)
{
	unsigned char head[PACK_HEAD], trailer[TRAILER];
	struct stat st;
	uint32_t n;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (st.st_size < PACK_HEAD + TRAILER)
		return "it is too short";
	*size = (uint64_t)st.st_size - (lenient ? 0 : TRAILER);
	if (lenient)
		return NULL;
	if (gv_file_pread_full(fd, head, sizeof(head), 0) != sizeof(head) ||
	    gv_file_pread_full(fd, trailer, sizeof(trailer),
		st.st_size - TRAILER) != sizeof(trailer))
		return "it cannot be read";
	n = (uint32_t)gv_enc_number(head + 8, 4);
	if (memcmp(head, "PACK\0\0\0", 7) != 0 ||
	    (head[7] != 2 && head[7] != 3))
		return "it does not begin as a pack does";
	if (n != pack->n || memcmp(trailer, pack->trailer, TRAILER) != 0)
		return "it is not the pack that its index is for";
	return NULL;
}

/* Where all objects are read, and many twice, a small pack is read at one go.
 * What fails here is reported when the object is read. */
static void
hold(struct gv_odb *odb, struct gv_odb_pack *pack, int fd)
{
	size_t len = (size_t)pack->size;
	unsigned char *bytes;

	if (!odb->once || pack->bytes || len == 0 || len > HELD_ONE ||
	    odb->held + len > HELD_ALL)
		return;
	bytes = malloc(len);
	if (bytes && gv_file_pread_full(fd, bytes, len, 0) == (ssize_t)len) {
		pack->bytes = bytes;
		odb->held += len;
	} else {
		free(bytes);
	}
}

/* The files are not all that a process has open: programs are started, other
 * repositories read. */
unsigned
gv_odb_job_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur < 4 * OPEN_MIN)
		return OPEN_MIN;
	return limit.rlim_cur / 4 < UINT_MAX ? (unsigned)(limit.rlim_cur / 4)
					     : UINT_MAX;
}

static void
close_idle(struct gv_odb *odb)
{
	struct gv_odb_pack *pack;

	for (pack = odb->packs; pack; pack = pack->next)
		if (pack->users == 0 && pack->fd >= 0) {
			gv_file_close(atomic_exchange(&pack->fd, -1));
			odb->n_open--;
		}
}

/* There may be more packs than files that can be open. */
static int
open_file(struct gv_odb *odb, const char *path)
{
	int fd;

	if (odb->n_open >= odb->most_open)
		close_idle(odb);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		close_idle(odb);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

static int
open_pack(const struct gv_odb_job *job)
{
	struct gv_odb_pack *pack = job->pack;
	struct gv_buf path = GV_BUF_INIT;
	const char *why = NULL;
	uint64_t size = 0;
	int fd, r;

	if (atomic_load_explicit(&pack->fd, memory_order_acquire) >= 0)
		return 0;
	gv_buf_addf(&path, "%s.pack", pack->stem);
	r = gv_buf_check(&path);
	if (r < 0)
		goto out;
	pthread_mutex_lock(&job->odb->lock);
	if (pack->fd < 0) {
		fd = open_file(job->odb, path.p);
		if (fd < 0 && gv_odb_job_is_barred())
			r = gv_err_sys("cannot open %s", path.p);
		else
			why = fd < 0
			    ? strerror(errno)
			    : check_pack(pack, fd, &size, job->odb->lenient);
		if (r == 0 && why == NULL) {
			/* others may look, where it was open before */
			if (pack->size != size)
				pack->size = size;
			hold(job->odb, pack, fd);
			job->odb->n_open++;
			atomic_store_explicit(
			    &pack->fd, fd, memory_order_release);
		} else if (fd >= 0) {
			close(fd);
		}
	}
	pthread_mutex_unlock(&job->odb->lock);
	if (why)
		r = gv_odb_job_damaged(job, 0, why);
out:
	gv_buf_release(&path);
	return r;
}

/* How much to read there: more and more where that is behind what was shown
 * last. */
static size_t
next_size(
    const struct gv_odb_reader *w, const struct gv_odb_pack *pack, uint64_t at)
{
	if (!is_near(w, pack, at) || w->len < WINDOW)
		return WINDOW;
	return w->len > WIDEST / 2 ? WIDEST : 2 * w->len;
}

/* Show at least `want` bytes from `at` on, fewer only at the pack's end. The
 * bytes live until the next call. */
int
gv_odb_job_show(const struct gv_odb_job *job, uint64_t at, size_t want,
    const unsigned char **p, size_t *len)
{
	struct gv_odb_reader *w = job->reader;
	uint64_t left = at < job->pack->size ? job->pack->size - at : 0;
	ssize_t n;
	int r;

	if (job->pack->bytes) {
		*p = job->pack->bytes + (job->pack->size - left);
		*len = (size_t)left;
		return 0;
	}
	if (want > left)
		want = (size_t)left;
	if (w->pack != job->pack || at < w->at || w->at + w->len < at + want) {
		size_t size = next_size(w, job->pack, at);

		if (size < want)
			size = want;
		if (size > left)
			size = (size_t)left;
		w->pack = NULL;
		r = gv_vec_grow((void **)&w->window, &w->cap, size + 1, 1);
		if (r < 0)
			return r;
		do
			n = pread(job->pack->fd, w->window, size, (off_t)at);
		while (n < 0 && errno == EINTR);
		if (n < 0 && gv_odb_job_is_barred())
			return gv_err_sys(
			    "cannot read %s.pack", job->pack->stem);
		if (n < 0)
			return gv_odb_job_damaged(job, at, strerror(errno));
		w->pack = job->pack;
		w->at = at;
		w->len = (size_t)n;
	}
	*p = w->window + (at - w->at);
	*len = w->len - (size_t)(at - w->at);
	return 0;
}

/* The base of a delta by distance; 0 where it cannot be. */
static uint64_t
base_by_distance(const unsigned char **p, const unsigned char *end, uint64_t at)
{
	uint64_t d;

	if (*p == end)
		return 0;
	d = **p & 0x7f;
	while (*(*p)++ & 0x80) {
		if (*p == end || d >> 56)
			return 0;
		d = ((d + 1) << 7) | (**p & 0x7f);
	}
	return d && d < at ? at - d : 0;
}

static uint64_t
base_by_id(const struct gv_odb_job *job, const unsigned char **p,
    const unsigned char *end)
{
	struct gv_oid id;
	uint32_t row;

	if (end - *p < GV_OID_RAW)
		return 0;
	memcpy(id.id, *p, GV_OID_RAW);
	*p += GV_OID_RAW;
	return gv_odb_pack_find(job->pack, &id, &row)
	    ? gv_odb_pack_offset(job->pack, row)
	    : 0;
}

int
gv_odb_job_head(
    const struct gv_odb_job *job, uint64_t at, struct gv_odb_entry *e)
{
	const unsigned char *p, *start, *end;
	unsigned shift = 4;
	size_t len;
	int r = gv_odb_job_show(job, at, HEAD_MAX, &p, &len);

	if (r < 0)
		return r;
	start = p;
	end = p + len;
	if (at < PACK_HEAD || p == end)
		return gv_odb_job_damaged(
		    job, at, "its index points outside the pack");
	e->at = at;
	e->type = *p >> 4 & 7;
	e->size = *p & 15;
	e->base = 0;
	while (*p++ & 0x80) {
		if (p == end || shift > 57)
			return gv_odb_job_damaged(
			    job, at, "its size is invalid");
		e->size |= (uint64_t)(*p & 0x7f) << shift;
		shift += 7;
	}
	if (e->type == OFS_DELTA)
		e->base = base_by_distance(&p, end, at);
	else if (e->type == REF_DELTA)
		e->base = base_by_id(job, &p, end);
	else if (e->type < GV_OTYPE_COMMIT || e->type > GV_OTYPE_TAG)
		return gv_odb_job_damaged(job, at, "its type is invalid");
	if (e->type > GV_OTYPE_TAG && e->base == 0)
		return gv_odb_job_damaged(
		    job, at, "its delta's base is not in the pack");
	e->data = at + (uint64_t)(p - start);
	if (!gv_odb_flow_is_likely(e->size, job->pack->size - at))
		return gv_odb_job_damaged(
		    job, at, "it is too short for its size");
	return 0;
}

int
gv_odb_job_begin(struct gv_odb_job *job, struct gv_odb *odb,
    struct gv_odb_pack *pack, uint32_t row)
{
	job->odb = odb;
	job->pack = pack;
	gv_odb_pack_id(pack, row, &job->id);
	job->reader = reader_take(odb, pack, gv_odb_pack_offset(pack, row));
	return job->reader ? open_pack(job) : GV_ENOMEM;
}

void
gv_odb_job_end(struct gv_odb_job *job)
{
	reader_give(job->odb, job->pack, job->reader);
}
