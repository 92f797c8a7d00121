#include "restore/restore_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"

struct play {
	const struct gv_restore_place *place;
	struct gv_entry_cursor cursor;
	void (*miss)(
	    void *ctx, const char *path, size_t len, const char *reason);
	void *ctx;
	uint64_t *refused;
	struct gv_buf path, word;
};

static void
missed(struct play *p, const char *reason)
{
	if (p->miss)
		p->miss(p->ctx, p->path.p, p->path.len, reason);
}

/* Whether a failed step is only this path's: then the others go on, or a
 * journal could never be finished. A full or failing disk is tried again. */
static int
failed(struct play *p)
{
	if (gv_restore_is_full(errno))
		return gv_restore_in(gv_err_sys("cannot change it"), &p->path);
	missed(p, strerror(errno));
	return 0;
}

static bool
is_old(const char *word, const struct stat *st)
{
	unsigned long long ino, size;
	long long ms, cs;
	unsigned mns, cns;

	if (sscanf(word, "%llu:%llu:%lld.%u:%lld.%u", &ino, &size, &ms, &mns,
		&cs, &cns) != 6)
		return false;
	return ino == (unsigned long long)st->st_ino &&
	    size == (unsigned long long)st->st_size &&
	    ms == (long long)st->st_mtim.tv_sec &&
	    mns == (unsigned)st->st_mtim.tv_nsec &&
	    ((cs == 0 && cns == 0) ||
		(cs == (long long)st->st_ctim.tv_sec &&
		    cns == (unsigned)st->st_ctim.tv_nsec));
}

/* The same while its time may have become the one that it is to have. */
static bool
is_old_or_touched(
    const char *word, const struct gv_entry_meta *m, const struct stat *st)
{
	unsigned long long ino, size;
	long long ms;
	unsigned mns;

	if (sscanf(word, "%llu:%llu:%lld.%u", &ino, &size, &ms, &mns) != 4 ||
	    ino != (unsigned long long)st->st_ino ||
	    size != (unsigned long long)st->st_size)
		return false;
	if (m->has_time && m->mtime_s == (int64_t)st->st_mtim.tv_sec &&
	    m->mtime_ns == (uint32_t)st->st_mtim.tv_nsec)
		return true;
	return ms == (long long)st->st_mtim.tv_sec &&
	    mns == (unsigned)st->st_mtim.tv_nsec;
}

/* The next word of a line, at most `size` - 1 bytes; NULL where there is no
 * word. */
static const char *
take_word(char *out, size_t size, const char *p, const char *end)
{
	const char *blank = memchr(p, ' ', (size_t)(end - p));
	size_t n = blank ? (size_t)(blank - p) : 0;

	if (n == 0 || n >= size)
		return NULL;
	memcpy(out, p, n);
	out[n] = '\0';
	return blank + 1;
}

static int
take_path(struct gv_buf *out, const char *p, const char *end)
{
	size_t len = (size_t)(end - p), used;

	gv_buf_reset(out);
	if (len == 0)
		return GV_ECORRUPT;
	if (*p == '"')
		return gv_path_unquote(out, p, len, &used) < 0 || used != len
		    ? GV_ECORRUPT
		    : 0;
	if (len != 1 || *p != '.')
		gv_buf_add(out, p, len);
	return gv_buf_check(out);
}

/* Whether the path of a step leads nowhere but down: a journal may have been
 * left by whoever can write to the directory that it lies in. */
static bool
stays_below(const struct gv_buf *path)
{
	const char *at = path->p, *end = path->p + path->len, *slash;
	size_t n;

	if (memchr(path->p, '\0', path->len))
		return false;
	for (; path->len && at <= end; at = slash + 1) {
		slash = memchr(at, '/', (size_t)(end - at));
		if (slash == NULL)
			slash = end;
		n = (size_t)(slash - at);
		if (n == 0 || (n == 1 && *at == '.') ||
		    (n == 2 && at[0] == '.' && at[1] == '.'))
			return false;
	}
	return true;
}

/* What is staged is named by its place in the plan, so by nothing else. */
static bool
is_number(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

static int
play_unlink(struct play *p, int dir, const char *name, const char *old)
{
	struct stat st;

	if (gv_entry_stat(dir, name, &st) < 0)
		return errno == ENOENT ? 0 : failed(p);
	if (!is_old(old, &st)) {
		missed(p, "it changed meanwhile, and is left as it is");
		return 0;
	}
	return gv_entry_unlink(dir, name) < 0 ? failed(p) : 0;
}

static int
play_move(struct play *p, int dir, const char *name, const char *number,
    const char *old)
{
	struct stat st;
	char staged[GV_RESTORE_NAME_MAX];

	snprintf(staged, sizeof(staged), "%.20s", number);
	if (gv_entry_stat(p->place->staging_fd, staged, &st) < 0)
		return errno == ENOENT ? 0 : failed(p); /* done before */
	if (gv_entry_stat(dir, name, &st) < 0) {
		if (errno != ENOENT)
			return failed(p);
	} else if (!is_old(old, &st)) {
		missed(p, "it changed meanwhile, and is left as it is");
		return 0;
	}
	return gv_entry_rename(p->place->staging_fd, staged, dir, name) < 0
	    ? failed(p)
	    : 0;
}

static int
play_mkdir(struct play *p, int dir, const char *name)
{
	struct stat st;

	if (gv_entry_mkdir(dir, name, 0700) == 0)
		return 0;
	if (errno != EEXIST || gv_entry_stat(dir, name, &st) < 0)
		return failed(p);
	if (!S_ISDIR(st.st_mode))
		missed(p, "something else is where a directory should be");
	return 0;
}

/* "<kind and mode> <uid> <gid> <time> <xattrs> <path>"; the extended attributes
 * stay in p->word. */
static const char *
parse_meta(
    struct gv_entry_meta *m, struct play *p, const char *at, const char *end)
{
	char mode[16], uid[24], gid[24], when[48];
	const char *blank;
	long long s;
	unsigned ns;

	memset(m, 0, sizeof(*m));
	if (!(at = take_word(mode, sizeof(mode), at, end)) ||
	    !(at = take_word(uid, sizeof(uid), at, end)) ||
	    !(at = take_word(gid, sizeof(gid), at, end)) ||
	    !(at = take_word(when, sizeof(when), at, end)))
		return NULL;
	blank = memchr(at, ' ', (size_t)(end - at));
	if (blank == NULL || sscanf(mode, "%o", &m->mode) != 1 ||
	    sscanf(uid, "%lld", &s) != 1)
		return NULL;
	m->uid = (uid_t)s;
	if (sscanf(gid, "%lld", &s) != 1)
		return NULL;
	m->gid = (gid_t)s;
	if (strcmp(when, "-") != 0) {
		if (sscanf(when, "%lld.%u", &s, &ns) != 2)
			return NULL;
		m->has_time = true;
		m->mtime_s = s;
		m->mtime_ns = ns;
	}
	gv_buf_reset(&p->word);
	gv_buf_add(&p->word, at, (size_t)(blank - at));
	m->exact = *p->word.p == '=';
	m->xattrs = strcmp(p->word.p, "-") != 0 ? p->word.p + m->exact : NULL;
	return blank + 1;
}

/* Whether this only locks a directory again: with none left, all is well. */
static bool
is_lock(mode_t kind, const struct gv_entry_meta *m)
{
	return S_ISDIR(kind) && m->uid == (uid_t)-1 && m->gid == (gid_t)-1 &&
	    !m->has_time && !m->exact && m->xattrs == NULL;
}

/* Where the step before was missed something else may stand: a directory's
 * mode is nothing for a file, nor the other way round. And what was changed
 * since has a time of its own. */
static int
play_meta(struct play *p, int dir, const char *name, const char *old,
    struct gv_entry_meta *m)
{
	unsigned refused = 0;
	mode_t kind = m->mode & S_IFMT;
	struct stat st;

	m->mode &= 07777;
	if (gv_entry_stat(dir, name, &st) < 0)
		return errno == ENOENT ? 0 : failed(p);
	if (kind && S_ISDIR(kind) != S_ISDIR(st.st_mode)) {
		if (!is_lock(kind, m))
			missed(p, "something else is there");
		return 0;
	}
	if (*old && !is_old_or_touched(old, m, &st)) {
		missed(p, "it changed meanwhile, and is left as it is");
		return 0;
	}
	if (gv_entry_set_at(dir, *name ? name : ".", m, &refused) < 0)
		return errno == ENOENT ? 0 : failed(p);
	*p->refused += refused != 0;
	return 0;
}

/* A step whose directory cannot be entered. Where the way there is gone or
 * leads over a link, what was to be removed is gone too, and what was to be
 * opened for that, and what it was to be locked by. Where it only may not be
 * gone, all of that is there yet. */
static int
no_way(struct play *p, const char *verb)
{
	bool is_gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

	return is_gone &&
		(*verb == 'u' || *verb == 'r' || *verb == 'o' ||
		    strcmp(verb, "meta") == 0)
	    ? 0
	    : failed(p);
}

/* One step: `verb` is known, p->path is set. */
static int
play_step(struct play *p, const char *verb, const char *number, const char *old,
    struct gv_entry_meta *m)
{
	const char *name;
	int dir =
	    gv_entry_cursor_parent(&p->cursor, p->path.p, p->path.len, &name);

	if (dir < 0)
		return no_way(p, verb);
	if (strcmp(verb, "unlink") == 0)
		return play_unlink(p, dir, name, old);
	if (strcmp(verb, "move") == 0)
		return play_move(p, dir, name, number, old);
	if (strcmp(verb, "mkdir") == 0)
		return play_mkdir(p, dir, name);
	if (strcmp(verb, "open") == 0)
		return gv_entry_unlock(dir, name) < 0 && errno != ENOENT &&
			errno != ENOTDIR
		    ? failed(p)
		    : 0;
	if (strcmp(verb, "meta") == 0 || strcmp(verb, "touch") == 0)
		return play_meta(p, dir, name, old, m);
	if (gv_entry_rmdir(dir, name) < 0 && errno != ENOENT &&
	    errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
		return failed(p);
	return 0;
}

static bool
is_verb(const char *word)
{
	static const char *const verbs[] = { "open", "unlink", "rmdir", "mkdir",
		"move", "meta", "touch" };
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(word, verbs[i]) == 0)
			return true;
	return false;
}

/* Read one step, and take it unless `p` is only checking. */
static int
parse_step(struct play *p, const char *at, const char *end, bool check)
{
	struct gv_entry_meta m = { 0 };
	char verb[16], number[24] = "", old[160] = "";
	bool is_move, is_touch;

	at = take_word(verb, sizeof(verb), at, end);
	if (at == NULL || !is_verb(verb))
		return GV_ECORRUPT;
	is_move = strcmp(verb, "move") == 0;
	is_touch = strcmp(verb, "touch") == 0;
	if (is_move)
		at = take_word(number, sizeof(number), at, end);
	if (*number && !is_number(number))
		return GV_ECORRUPT;
	if (at && (is_move || is_touch || strcmp(verb, "unlink") == 0))
		at = take_word(old, sizeof(old), at, end);
	if (at && (is_touch || strcmp(verb, "meta") == 0))
		at = parse_meta(&m, p, at, end);
	if (at == NULL || take_path(&p->path, at, end) < 0 ||
	    !stays_below(&p->path))
		return GV_ECORRUPT;
	return check ? 0 : play_step(p, verb, number, old, &m);
}

static int
parse_header(struct gv_restore_header *h, const char *at, const char *end)
{
	char verb[16], index[4];

	at = take_word(verb, sizeof(verb), at, end);
	if (at == NULL)
		return GV_ECORRUPT;
	if (strcmp(verb, "root") == 0)
		return take_path(&h->root, at, end);
	if (strcmp(verb, "staging") == 0)
		return take_path(&h->staging, at, end);
	if (strcmp(verb, "restore") != 0 ||
	    !(at = take_word(h->snapshot, sizeof(h->snapshot), at, end)) ||
	    !(at = take_word(h->safety, sizeof(h->safety), at, end)) ||
	    end - at != 1)
		return GV_ECORRUPT;
	memcpy(index, at, 1);
	h->index = index[0] == '1';
	return 0;
}

/* The checksum at the begin of a line. sscanf() looks for the end of its text
 * first, which is that of the journal: once a line would be far too often. */
static bool
read_crc(unsigned long *crc, const char *at)
{
	char word[9] = "";

	memcpy(word, at, sizeof(word) - 1);
	return sscanf(word, "%8lx", crc) == 1;
}

/* Go through all lines: check them, or take the steps. */
static int
go_through(struct play *p, struct gv_restore_header *h, const char *text,
    size_t len, bool check)
{
	const char *at = text + sizeof(GV_RESTORE_MAGIC) - 1, *end = text + len,
		   *lf;
	size_t line = 1, steps = 0;
	unsigned long crc;
	bool ended = false;
	int r = 0;

	if (len < sizeof(GV_RESTORE_MAGIC) ||
	    memcmp(text, GV_RESTORE_MAGIC, sizeof(GV_RESTORE_MAGIC) - 1) != 0)
		return gv_err(GV_ECORRUPT,
		    "the journal is of no format known "
		    "here");
	for (; r == 0 && at < end; at = lf + 1) {
		line++;
		lf = memchr(at, '\n', (size_t)(end - at));
		if (ended || lf == NULL || lf - at < 12 || at[8] != ' ' ||
		    !read_crc(&crc, at) ||
		    crc != gv_restore_crc32(at + 9, (size_t)(lf - at) - 9)) {
			r = GV_ECORRUPT;
			break;
		}
		at += 9;
		if (line <= 4) {
			r = parse_header(h, at, lf);
		} else if (strncmp(at, "end ", 4) == 0) {
			ended = strtoul(at + 4, NULL, 10) == steps;
			r = ended ? 0 : GV_ECORRUPT;
		} else {
			steps++;
			r = parse_step(p, at, lf, check);
		}
	}
	if (r == GV_ECORRUPT || (r == 0 && !ended))
		return gv_err(
		    GV_ECORRUPT, "line %zu of the journal is damaged", line);
	return r;
}

void
gv_restore_header_release(struct gv_restore_header *h)
{
	gv_buf_release(&h->root);
	gv_buf_release(&h->staging);
}

/* Not one step is taken before every line is known to be whole. */
static int
run_journal(struct gv_restore_header *h, struct play *p, const char *text,
    size_t len, bool check)
{
	int r;

	memset(h, 0, sizeof(*h));
	h->root = h->staging = (struct gv_buf)GV_BUF_INIT;
	p->path = p->word = (struct gv_buf)GV_BUF_INIT;
	gv_entry_cursor_init(&p->cursor, check ? -1 : p->place->root_fd);
	if ((r = go_through(p, h, text, len, true)) == 0 && !check)
		r = go_through(p, h, text, len, false);
	gv_entry_cursor_release(&p->cursor);
	gv_buf_release(&p->path);
	gv_buf_release(&p->word);
	return r;
}

int
gv_restore_journal_check(
    struct gv_restore_header *h, const char *text, size_t len)
{
	struct play p = { 0 };
	int r = run_journal(h, &p, text, len, true);

	if (r < 0)
		gv_restore_header_release(h);
	return r;
}

int
gv_restore_journal_play(const char *text, size_t len,
    const struct gv_restore_place *place,
    void (*miss)(void *ctx, const char *path, size_t len, const char *reason),
    void *ctx, uint64_t *refused)
{
	struct play p = {
		.place = place, .miss = miss, .ctx = ctx, .refused = refused
	};
	struct gv_restore_header h;
	int r = run_journal(&h, &p, text, len, false);

	gv_restore_header_release(&h);
	return r;
}
