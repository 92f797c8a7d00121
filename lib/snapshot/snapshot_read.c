#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/portable.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "snapshot/snapshot_internal.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/workers.h"

/* What is larger goes through the pack in pieces. */
#define WHOLE_MAX ((uint64_t)8 * 1024 * 1024)

/* How often a file that changes under our eyes is read before it is stored
 * as it was read last. */
#define TRIES 4

#define PIECE GV_SNAPSHOT_PIECE

/* Without a pack only the name is wanted. */
static int
put(struct gv_snapshot_reader *rd, struct gv_oid *id, const void *data,
    size_t len)
{
	int r;

	rd->is_new = false;
	if (rd->lane == NULL)
		return gv_oid_of(id, GV_OTYPE_BLOB, data, len);
	r = gv_pack_add(rd->lane, id, GV_OTYPE_BLOB, data, len, &rd->is_new);
	rd->stored += rd->is_new;
	return r;
}

/* Every byte of a user's file that is held on its way into the pack passes
 * here: what is withheld of it goes elsewhere. */
static int
store(struct gv_snapshot_reader *rd, struct gv_oid *id, const void *data,
    size_t len)
{
	const struct gv_withhold_bytes file = { rd->path.p, data, len,
		&rd->original };
	int r = 0;

	memset(&rd->original, 0, sizeof(rd->original));
	if (rd->keep != GV_SCOPE_SEALED)
		r = gv_oid_of(&rd->original, GV_OTYPE_BLOB, data, len);
	/* strict servers take it from nobody, nor the snapshot with it */
	rd->refused = rd->keep != GV_SCOPE_SEALED
	    ? gv_snapshot_refusal(rd->run, &file)
	    : NULL;
	if (rd->refused) {
		rd->keep = GV_SCOPE_SEALED;
		memset(&rd->original, 0, sizeof(rd->original));
	}
	if (r == 0)
		r = gv_withhold_file(&rd->worker, &file, rd->keep);
	if (r > 0)
		return put(rd, id, rd->worker.clean.p, rd->worker.clean.len);
	rd->is_new = false;
	if (r == 0 && rd->lane)
		r = gv_pack_add_known(rd->lane, &rd->original, GV_OTYPE_BLOB,
		    data, len, &rd->is_new);
	*id = rd->original;
	rd->stored += rd->is_new;
	return r;
}

/* Whether what is in the file is searched. */
static bool
is_searched(const struct gv_snapshot_reader *rd)
{
	return rd->worker.view && rd->keep == GV_SCOPE_VALUES;
}

static int
make_room(struct gv_snapshot_reader *rd, size_t need)
{
	unsigned char *p;

	if (need <= rd->cap)
		return 0;
	p = realloc(rd->bytes, need + need / 4);
	if (p == NULL)
		return gv_err_nomem();
	rd->bytes = p;
	rd->cap = need + need / 4;
	return 0;
}

/* Without a pack only names are wanted. */
static int
put_stream(struct gv_snapshot_reader *rd, struct gv_oid *id, uint64_t size,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	return rd->lane
	    ? gv_pack_add_stream(rd->lane, id, size, read, ctx, &rd->is_new)
	    : gv_snapshot_stream_hash(id, size, rd->bytes, read, ctx);
}

/* As a whole, into the safe. As store_stream(). */
static int
seal_stream(struct gv_snapshot_reader *rd, struct gv_row *row, int fd, bool cut)
{
	struct gv_snapshot_stream from = { .fd = fd,
		.gauge = &rd->gauge,
		.left = cut ? row->size : UINT64_MAX };
	int r = gv_withhold_stream(
	    &rd->worker, rd->path.p, gv_snapshot_stream_read, &from);

	if (r < 0 && !from.error)
		return r;
	if (r < 0 || from.got != row->size) {
		errno = from.error;
		return 0;
	}
	r = put(rd, &row->oid, rd->worker.clean.p, rd->worker.clean.len);
	return r < 0 ? r : 1;
}

/* How long the bytes are that stand for the file. As store_stream(). */
static int
measure(struct gv_snapshot_reader *rd, struct gv_snapshot_stream *from,
    uint64_t size, uint64_t *len)
{
	int64_t n;

	while ((n = gv_snapshot_stream_clean(from, rd->bytes, PIECE)) > 0)
		;
	*len = from->filter->total;
	if (n < 0 && !from->error)
		return (int)n;
	if (n < 0 || from->got != size) {
		errno = from->error;
		return 0;
	}
	errno = 0;
	if (gv_file_rewind(from->fd) < 0)
		return 0;
	return 1;
}

/* What is searched is read twice, since the length comes first in a blob; and
 * searched twice, since nothing says that it is the same the second time. */
static int
store_searched(
    struct gv_snapshot_reader *rd, struct gv_row *row, int fd, bool cut)
{
	const uint64_t most = cut ? row->size : UINT64_MAX;
	struct gv_snapshot_filter filter;
	struct gv_snapshot_stream from = {
		.fd = fd, .left = most, .filter = &filter, .gauge = &rd->gauge
	};
	uint64_t len = 0;
	int r = make_room(rd, 2 * PIECE);

	if (r < 0)
		return r;
	from.piece = rd->bytes + PIECE;
	if ((r = gv_snapshot_filter_open(&filter, &rd->worker, rd->path.p)) ==
	    0)
		r = measure(rd, &from, row->size, &len);
	gv_snapshot_filter_close(&filter);
	if (r <= 0)
		return r;
	from = (struct gv_snapshot_stream){ .fd = fd,
		.left = most,
		.filter = &filter,
		.piece = from.piece,
		.gauge = &rd->gauge };
	if ((r = gv_snapshot_filter_open(&filter, &rd->worker, rd->path.p)) ==
	    0)
		r = put_stream(
		    rd, &row->oid, len, gv_snapshot_stream_clean, &from);
	if (r == 0 && rd->worker.n_entries == 0)
		gv_screen_learn(rd->worker.view, &row->oid);
	gv_snapshot_filter_close(&filter);
	if (r < 0 && (from.error || r == GV_EEXISTS)) {
		errno = from.error;
		return 0;
	}
	rd->stored += rd->is_new;
	return r < 0 ? r : 1;
}

/* The same for what is too large to be held whole: 1 stored; 0 where it was
 * longer (unless it is to be `cut`) or shorter, or could not be read (then
 * errno is set). */
static int
store_stream(
    struct gv_snapshot_reader *rd, struct gv_row *row, int fd, bool cut)
{
	struct gv_snapshot_stream from = { .fd = fd,
		.gauge = &rd->gauge,
		.left = cut ? row->size : UINT64_MAX };
	int r;

	rd->is_new = false;
	if (rd->keep == GV_SCOPE_SEALED)
		return seal_stream(rd, row, fd, cut);
	if (is_searched(rd))
		return store_searched(rd, row, fd, cut);
	r = make_room(rd, PIECE);
	if (r < 0)
		return r;
	r = put_stream(
	    rd, &row->oid, row->size, gv_snapshot_stream_read, &from);
	if (r < 0 && (from.error || r == GV_EEXISTS)) {
		errno = from.error;
		return 0;
	}
	rd->stored += rd->is_new;
	return r < 0 ? r : 1;
}

static void
update(struct gv_row *row, const struct stat *st)
{
	row->mtime = gv_census_ns(&st->st_mtim);
	row->ctime = gv_census_ns(&st->st_ctim);
	row->size = (uint64_t)st->st_size;
	row->ino = st->st_ino;
	row->mode = st->st_mode;
	row->flags |= GV_ROW_CHANGED;
}

static bool
is_same(const struct gv_row *row, const struct stat *st)
{
	return row->mtime == gv_census_ns(&st->st_mtim) &&
	    row->ctime == gv_census_ns(&st->st_ctim) &&
	    row->size == (uint64_t)st->st_size && row->ino == st->st_ino;
}

/* In chunks. A file that grew under our eyes comes here with no pool: then
 * the reader works alone. */
static int
read_chunks(struct gv_snapshot_reader *rd, struct gv_row *row, int fd, bool cut)
{
	struct gv_snapshot_large from = { .fd = fd,
		.size = row->size,
		.cut = cut,
		.worker = &rd->worker,
		.path = is_searched(rd) ? rd->path.p : NULL,
		.gauge = &rd->gauge };
	struct stat st;
	int r = 0;

	if (rd->pool == NULL)
		r = gv_snapshot_pool_open(&rd->pool);
	if (r < 0)
		return r;
	if (gv_dir_stat_fd(fd, &st) < 0)
		return 0;
	from.sparse = st.st_blocks * 512 < st.st_size;
	rd->is_new = false;
	r = gv_snapshot_chunk(
	    rd->run, rd->pool, rd->lane, &from, &row->oid, &rd->is_new);
	rd->stored += rd->is_new;
	if (r > 0)
		row->flags |= GV_ROW_CHUNKED;
	return r;
}

/* Whether a large file is what git's index has of it, byte for byte: then the
 * repository has it whole, and nothing is stored. As read_whole(). */
static int
read_tracked(struct gv_snapshot_reader *rd, struct gv_row *row, int fd)
{
	const struct gv_index_entry *e = (row->flags & GV_ROW_TRACKED)
	    ? gv_index_find(rd->run->survey.index, rd->path.p, rd->path.len, 0)
	    : NULL;
	struct gv_snapshot_stream from;
	enum gv_otype type;
	struct gv_oid id;
	size_t size;
	int r = 0;

	if (e == NULL || !S_ISREG(e->mode) ||
	    gv_odb_read_header(rd->run->survey.odb, &type, &size, &e->oid) <
		0 ||
	    size != row->size) {
		errno = 0;
		return 0;
	}
	rd->is_new = false;
	from = (struct gv_snapshot_stream){ .fd = fd,
		.gauge = &rd->gauge,
		.left = UINT64_MAX,
		.worker = is_searched(rd) ? &rd->worker : NULL };
	if ((r = make_room(rd, PIECE)) == 0 && is_searched(rd))
		r = gv_withhold_refused(rd->worker.by,
		    gv_screen_begin(rd->worker.view, rd->path.p));
	if (r == 0 &&
	    (r = gv_snapshot_stream_hash(&id, row->size, rd->bytes,
		 gv_snapshot_stream_watch, &from)) == 0 &&
	    is_searched(rd))
		r = gv_withhold_refused(
		    rd->worker.by, gv_screen_end(rd->worker.view));
	if (r == 0 && is_searched(rd))
		gv_screen_learn(rd->worker.view, &id);
	if (r < 0 && !from.error && r != GV_EEXISTS)
		return r;
	if (r < 0 || !gv_oid_equal(&id, &e->oid) ||
	    (is_searched(rd) && rd->worker.view->n > 0) ||
	    (rd->lane && gv_odb_freshen(rd->run->survey.odb, &id) != 1)) {
		errno = gv_file_rewind(fd) < 0 ? errno : 0;
		return 0;
	}
	row->oid = id;
	return 1;
}

/* The bytes of an open file of the size that the row says: 1 stored; 0 where
 * there were more or fewer (errno is 0), or it could not be read. */
static int
read_whole(struct gv_snapshot_reader *rd, struct gv_row *row, int fd)
{
	struct gv_oid *id = &row->oid;
	uint64_t size = row->size;
	ssize_t n, more;
	int r;

	row->flags &= ~(uint32_t)GV_ROW_CHUNKED;
	gv_withhold_reset(&rd->worker);
	if (gv_snapshot_is_large(rd->run, size) &&
	    rd->keep != GV_SCOPE_SEALED) {
		r = read_tracked(rd, row, fd);
		return r || errno ? r : read_chunks(rd, row, fd, false);
	}
	if (size > WHOLE_MAX)
		return store_stream(rd, row, fd, false);
	/* one byte more than it should have, to see that it has not grown; what
	 * comes in full at once needs no second call to find the end, since the
	 * caller looks at the size again */
	r = make_room(rd, (size_t)size + 1);
	if (r < 0)
		return r;
	n = gv_file_read_some(fd, rd->bytes, (size_t)size + 1);
	if (n > 0 && (uint64_t)n < size) {
		more = gv_file_read_full(
		    fd, rd->bytes + n, (size_t)size + 1 - (size_t)n);
		n = more < 0 ? -1 : n + more;
	}
	if (n < 0 || (uint64_t)n != size)
		return 0;
	r = store(rd, id, rd->bytes, (size_t)n);
	return r < 0 ? r : 1;
}

static int
capture_link(struct gv_snapshot_reader *rd, struct gv_row *row)
{
	ssize_t n;
	int r;

	r = make_room(rd, 65536);
	if (r < 0)
		return r;
	n = gv_dir_read_link(gv_census_root(rd->run->survey.census), rd->path.p,
	    rd->path.len, (char *)rd->bytes, rd->cap);
	if (n < 0)
		return 0;
	row->size = (uint64_t)n;
	r = put(rd, &row->oid, rd->bytes, (size_t)n);
	return r < 0 ? r : 1;
}

/* As many bytes as there were when it was last looked at, from a file that
 * keeps changing; 0 also where it has become shorter meanwhile. */
static int
read_some(struct gv_snapshot_reader *rd, struct gv_row *row, int fd)
{
	ssize_t n;
	int r;

	row->flags &= ~(uint32_t)GV_ROW_CHUNKED;
	gv_withhold_reset(&rd->worker);
	if (gv_snapshot_is_large(rd->run, row->size) &&
	    rd->keep != GV_SCOPE_SEALED)
		return read_chunks(rd, row, fd, true);
	if (row->size > WHOLE_MAX)
		return store_stream(rd, row, fd, true);
	r = make_room(rd, (size_t)row->size + 1);
	if (r < 0)
		return r;
	n = gv_file_read_full(fd, rd->bytes, (size_t)row->size);
	if (n < 0)
		return 0;
	row->size = (uint64_t)n;
	r = store(rd, &row->oid, rd->bytes, (size_t)n);
	return r < 0 ? r : 1;
}

/* It is cut where its end was, and said to be unstable. */
static int
capture_moving(struct gv_snapshot_reader *rd, struct gv_row *row, int fd)
{
	struct stat st;
	int i, r = 0;

	for (i = 0; r == 0 && i < TRIES; i++) {
		if (gv_file_rewind(fd) < 0 || gv_dir_stat_fd(fd, &st) < 0)
			return 0;
		update(row, &st);
		errno = 0;
		if ((r = read_some(rd, row, fd)) == 0 && errno)
			return 0;
	}
	row->flags |= GV_ROW_UNSTABLE;
	if (r == 0)
		errno = EBUSY;
	return r;
}

/* 1 stored, 0 not (errno tells), negative: stop everything. */
static int
capture_file(struct gv_snapshot_reader *rd, struct gv_row *row)
{
	int fd, r = 0, i;
	struct stat st;

	fd = gv_dir_open_file(
	    gv_census_root(rd->run->survey.census), rd->path.p, rd->path.len);
	if (fd < 0)
		return 0;
	for (i = 0; i < TRIES; i++) {
		if (i &&
		    (gv_file_rewind(fd) < 0 || gv_dir_stat_fd(fd, &st) < 0))
			break;
		if (i)
			update(row, &st);
		errno = 0;
		r = read_whole(rd, row, fd);
		if (r < 0 || (r == 0 && errno))
			break;
		if (gv_dir_stat_fd(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
			errno = ENOENT;
			r = 0;
			break;
		}
		rd->has_holes = st.st_blocks * 512 < st.st_size;
		if (r == 1 && is_same(row, &st))
			break;
		r = 0;
	}
	if (r == 0 && i == TRIES)
		r = capture_moving(rd, row, fd);
	i = errno;
	gv_file_close(fd);
	errno = i;
	return r;
}

/* A file of git's that values were taken out of: for what is staged, and to
 * tell that they are in the history. */
static int
add_twin(struct gv_snapshot_reader *rd, const struct gv_row *row, size_t first)
{
	struct gv_snapshot_run *run = rd->run;
	struct gv_snapshot_twin twin = { strdup(rd->path.p), rd->original,
		row->oid, first, rd->worker.n_entries };
	int r;

	if (twin.path == NULL)
		return gv_err_nomem();
	pthread_mutex_lock(&run->lock);
	if ((r = GV_GROW(run->twins, run->n_twins, run->cap_twins)) == 0)
		run->twins[run->n_twins++] = twin;
	else
		free(twin.path);
	pthread_mutex_unlock(&run->lock);
	return r;
}

/* What came of it goes into the lists, now that it is stable. */
static int
note_withheld(struct gv_snapshot_reader *rd, uint32_t dir, struct gv_row *row)
{
	size_t first;
	int r;

	row->flags &= ~(uint32_t)(GV_ROW_WITHHELD | GV_ROW_SEARCHED);
	if (rd->worker.view || rd->keep != GV_SCOPE_VALUES)
		row->flags |= GV_ROW_SEARCHED;
	if (rd->refused &&
	    (r = gv_survey_note(&rd->run->survey, GV_SURVEY_REFUSED, dir, row,
		 rd->refused)) < 0)
		return r;
	if (is_searched(rd) && rd->is_new)
		rd->findings += rd->worker.view->findings;
	if (is_searched(rd) && rd->worker.view->lack &&
	    (r = gv_survey_note(&rd->run->survey, GV_SURVEY_UNSEARCHED, dir,
		 row, rd->worker.view->lack)) < 0)
		return r;
	if (rd->worker.n_entries == 0)
		return 0;
	row->flags |= GV_ROW_WITHHELD;
	r = gv_snapshot_keep_entries(
	    rd->run, &rd->worker, &rd->run->withheld, rd->path.p, &first);
	if (r == 0 && (row->flags & GV_ROW_TRACKED) &&
	    !gv_oid_is_zero(&rd->original))
		r = add_twin(rd, row, first);
	return r;
}

/* What is not checked out is read as git has it. What it has not either nobody
 * gets from us; so it is not fetched for that, which git would do for each file
 * of a partial clone. */
static int
capture_sparse(struct gv_snapshot_reader *rd, struct gv_row *row)
{
	struct gv_odb *odb = rd->run->survey.odb;
	struct gv_object obj = { 0 };
	int r = rd->run->repo->partial && !gv_odb_has(odb, &row->oid)
	    ? GV_ENOTFOUND
	    : gv_odb_read_type(odb, &obj, &row->oid, GV_OTYPE_BLOB);

	rd->is_new = false;
	if (r == GV_ENOTFOUND)
		return 1;
	if (r == 0)
		r = store(rd, &row->oid, obj.data, obj.len);
	gv_object_release(&obj);
	return r < 0 ? r : 1;
}

static int
begin_file(struct gv_snapshot_reader *rd, const struct gv_survey_job *job,
    const struct gv_row *row)
{
	gv_buf_reset(&rd->path);
	gv_census_path(rd->run->survey.census, job->dir, row, &rd->path);
	if (gv_buf_check(&rd->path) < 0)
		return GV_ENOMEM;
	rd->refused = NULL;
	rd->has_holes = false;
	rd->keep = S_ISREG(row->mode)
	    ? gv_snapshot_keep(rd->run, row, rd->path.p)
	    : GV_SCOPE_CLEAR;
	/* a file of git's own that is too large to search, and that fsck
	 * refuses */
	if (S_ISREG(row->mode) && row->size > WHOLE_MAX &&
	    gv_portable_is_checked(
		rd->path.p + rd->path.len - row->name_len, row->name_len))
		rd->keep = GV_SCOPE_SEALED;
	memset(&rd->original, 0, sizeof(rd->original));
	gv_withhold_reset(&rd->worker);
	return 0;
}

int
gv_snapshot_read(struct gv_snapshot_reader *rd, const struct gv_survey_job *job)
{
	struct gv_snapshot_run *run = rd->run;
	struct gv_census_dir *d = gv_census_dir(run->survey.census, job->dir);
	struct gv_row *row = &d->own[job->row];
	uint32_t before = row->flags, flips;
	struct gv_oid was = row->oid;
	bool was_stored = !gv_oid_is_zero(&was);
	int r = begin_file(rd, job, row);

	rd->gauge = (struct gv_snapshot_gauge){ run->opts, 0 };
	if (r < 0)
		return r;
	if (row->flags & GV_ROW_SPARSE)
		r = capture_sparse(rd, row);
	else if (S_ISLNK(row->mode))
		r = capture_link(rd, row);
	else
		r = capture_file(rd, row);
	if (r < 0)
		return gv_err_in(r, "%s", rd->path.p);
	if (r == 0)
		return gv_snapshot_give_up(run, job, row, was_stored, errno);
	if (row->flags & GV_ROW_LOCAL)
		row->stored = (uint32_t)(gv_clock_now().tv_sec / 60);
	gv_snapshot_settle_index(row, &was);
	gv_snapshot_count_size(run, job, row);
	r = S_ISREG(row->mode) ? note_withheld(rd, job->dir, row) : 0;
	/* the manifest says nothing of the holes of a file with secrets */
	flips = GV_ROW_CHUNKED | (rd->has_holes ? GV_ROW_WITHHELD : 0);
	if (!was_stored || ((row->flags ^ before) & flips))
		row->flags |= GV_ROW_CHANGED;
	if (r == 0 && (row->flags & GV_ROW_UNSTABLE))
		r = gv_survey_note(&run->survey, GV_SURVEY_UNSTABLE, job->dir,
		    row, "it kept changing while it was read");
	return r;
}

bool
gv_snapshot_is_large(const struct gv_snapshot_run *run, uint64_t size)
{
	return run->chunk_threshold && size > run->chunk_threshold;
}

int
gv_snapshot_reader_open(
    struct gv_snapshot_reader *rd, struct gv_snapshot_run *run)
{
	int r;

	*rd = (struct gv_snapshot_reader){ .run = run, .path = GV_BUF_INIT };
	r = run->pack ? gv_pack_lane_open(&rd->lane, run->pack) : 0;
	return r < 0 ? r
		     : gv_withhold_open(&rd->worker, &run->withhold, rd->lane);
}

int
gv_snapshot_reader_close(struct gv_snapshot_reader *rd)
{
	int r = gv_pack_lane_close(rd->lane);

	pthread_mutex_lock(&rd->run->lock);
	rd->run->out->stored_files += rd->stored;
	rd->run->out->findings += rd->findings;
	pthread_mutex_unlock(&rd->run->lock);
	gv_withhold_close(&rd->worker);
	gv_buf_release(&rd->path);
	free(rd->bytes);
	return r;
}
