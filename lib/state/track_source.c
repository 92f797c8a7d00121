#include "state/track_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/gunzip.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "state/track_internal.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "toolstate/state_triage.h"

struct gv_track_source {
	struct gv_state_again source;
	/* of a file */
	int fd;
	const char *path;
	/* all of it, of what cannot be read twice or is decoded */
	struct gv_secret held;
	size_t at;
	/* of a version */
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_track_version *version;
	struct gv_track_reader *reader;
	enum gv_state_coding coding;
};

static void
sum(unsigned char out[GV_STATE_SUM], const void *data, size_t len)
{
	_Static_assert(GV_STATE_SUM == GV_SHA_BYTES, "one digest");
	gv_sha_sum(out, data, len);
}

static int
make(struct gv_track_source **out)
{
	struct gv_track_source *a = calloc(1, sizeof(*a));
	int r = a ? gv_secret_ready() : gv_err_nomem();

	if (r < 0) {
		free(a);
		return r;
	}
	a->source.ctx = a;
	a->source.memory = &gv_secret_memory;
	a->source.sum = sum;
	a->source.unpack = gv_gunzip;
	*out = a;
	return 0;
}

void
gv_track_source_free(struct gv_track_source *a)
{
	if (a == NULL)
		return;
	gv_track_reader_free(a->reader);
	gv_secret_release(&a->held);
	free(a);
}

const struct gv_state_again *
gv_track_source_get(const struct gv_track_source *a)
{
	return &a->source;
}

/* ---- what is held in memory --------------------------------------------- */

static int64_t
read_held(void *ctx, void *data, size_t len)
{
	struct gv_track_source *a = ctx;
	size_t left = a->held.len - a->at;

	if (gv_cancel_requested())
		return gv_cancel_error();
	len = len < left ? len : left;
	if (len)
		memcpy(data, a->held.p + a->at, len);
	a->at += len;
	return (int64_t)len;
}

static int
rewind_held(void *ctx)
{
	((struct gv_track_source *)ctx)->at = 0;
	return 0;
}

/* ---- states in another encoding ----------------------------------------- */

/* Read up to `max` bytes from the start into an empty buffer. */
static int
take(struct gv_secret *out, struct gv_track_source *a, size_t max)
{
	int64_t n = 1;
	int r = a->source.rewind(a);

	while (r == 0 && n > 0 && out->len < max) {
		size_t room = max - out->len < 65536 ? max - out->len : 65536;

		if ((r = gv_secret_grow(out, room)) < 0)
			break;
		n = a->source.read(a, out->p + out->len, room);
		out->len += n > 0 ? (size_t)n : 0;
	}
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

/* If the state is in another encoding, become its decoded content, if it can be
 * decoded. */
static int
decode(struct gv_track_source *a)
{
	struct gv_secret all = GV_SECRET_INIT;
	struct gv_state_plain plain = { .p = NULL };
	enum gv_state_coding coding;
	int r = take(&all, a, GV_STATE_CODING_HEAD);

	coding = gv_state_coding_of(all.p, all.len);
	gv_secret_reset(&all);
	if (r != 0)
		goto out;
	if (coding && (r = take(&all, a, GV_STATE_CODING_MAX + 1)) != 0)
		goto out;
	if (coding &&
	    (r = gv_state_plain_read(&plain, coding, all.p, all.len,
		 &gv_secret_memory, gv_gunzip)) < 0)
		goto out;
	if (coding) {
		gv_secret_release(&a->held);
		r = gv_secret_add(&a->held, plain.p, plain.len);
		a->coding = coding;
		a->source.read = read_held;
		a->source.rewind = rewind_held;
	}
out:
	gv_state_plain_release(&plain);
	gv_secret_release(&all);
	return r == 0 || r == GV_EREFUSED ? a->source.rewind(a) : r;
}

enum gv_state_coding
gv_track_source_coding(const struct gv_track_source *a)
{
	return a->coding;
}

/* ---- a file ------------------------------------------------------------- */

static int64_t
read_file(void *ctx, void *data, size_t len)
{
	struct gv_track_source *a = ctx;
	ssize_t n;

	if (gv_cancel_requested())
		return gv_cancel_error();
	n = gv_file_read_some(a->fd, data, len);
	if (n < 0 && gv_cancel_requested())
		return gv_cancel_error();
	return n < 0 ? gv_err_sys("cannot read %s", a->path) : n;
}

static int
rewind_file(void *ctx)
{
	struct gv_track_source *a = ctx;

	if (gv_file_rewind(a->fd) < 0)
		return gv_err_sys("cannot read %s again", a->path);
	return 0;
}

/* A pipe. */
static int
hold(struct gv_track_source *a)
{
	int64_t n = 1;
	int r = 0;

	while (r == 0 && n > 0) {
		if ((r = gv_secret_grow(&a->held, 65536)) == 0)
			n = read_file(a, a->held.p + a->held.len, 65536);
		if (r == 0 && n > 0)
			a->held.len += (size_t)n;
	}
	a->source.read = read_held;
	a->source.rewind = rewind_held;
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

int
gv_track_source_file(struct gv_track_source **out, int fd, const char *path)
{
	struct gv_track_source *a = NULL;
	int r = make(&a);

	if (r < 0)
		return r;
	a->fd = fd;
	a->path = path;
	a->source.read = read_file;
	a->source.rewind = rewind_file;
	if (gv_file_rewind(fd) < 0)
		r = hold(a);
	if (r == 0)
		r = decode(a);
	if (r < 0)
		gv_track_source_free(a);
	else
		*out = a;
	return r;
}

/* ---- a version ---------------------------------------------------------- */

static int64_t
read_version(void *ctx, void *data, size_t len)
{
	struct gv_track_source *a = ctx;

	return gv_track_reader_read(a->reader, data, len);
}

static int
rewind_version(void *ctx)
{
	struct gv_track_source *a = ctx;

	gv_track_reader_free(a->reader);
	a->reader = NULL;
	return gv_track_reader_new(&a->reader, a->repo, a->safe, a->version);
}

int
gv_track_source_version(struct gv_track_source **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v)
{
	struct gv_track_source *a = NULL;
	int r = make(&a);

	if (r < 0)
		return r;
	a->repo = repo;
	a->safe = safe;
	a->version = v;
	a->source.read = read_version;
	a->source.rewind = rewind_version;
	r = decode(a);
	if (r < 0)
		gv_track_source_free(a);
	else
		*out = a;
	return r;
}
