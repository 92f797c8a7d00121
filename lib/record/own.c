#include "record/own.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/record_id.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"

/*
 * One line for each snapshot, in the order in which they were taken:
 *	20261120T071244Z-0123abcd <40 digits of the commit> main
 * Any other line is skipped: a writer did not finish it, or a later version
 * wrote it.
 */
#define MAIN     "main"
#define AT_HEX   (GV_OWN_ID + 1)
#define AT_TREE  (AT_HEX + GV_OID_HEX + 1)
#define TIME_LEN 15 /* of an id, whole seconds */
#define MAX_FILE ((size_t)256 * 1024 * 1024)
#define LOCK_MS  30000
/* So many lines are looked at from the end on for one of this tree. */
#define NEAR ((size_t)64)
/* Whenever the file has grown by this much, lines of commits that are gone are
 * removed. */
#define WORTH_SWEEPING ((size_t)1024 * 1024)

_Static_assert(GV_OWN_ID == GV_RECORD_ID_LEN, "an id is as long here");

/* --- the file's bytes --- */

static bool
is_tree(const char *text, size_t len)
{
	size_t i;

	if (len == strlen(MAIN) && memcmp(text, MAIN, len) == 0)
		return true;
	for (i = 0; i < len; i++)
		if (gv_enc_digits[(unsigned char)text[i]] == 0)
			return false;
	return len == GV_OWN_TREE;
}

static bool
is_digits(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* Whether a text has the form of an id, 20261120T071244Z-0123abcd. Its time may
 * be impossible: checking that for thousands of lines would take too long. */
static bool
is_like_id(const char *text)
{
	size_t i;

	if (!is_digits(text, 8) || text[8] != 'T' || !is_digits(text + 9, 6) ||
	    text[15] != 'Z' || text[16] != '-')
		return false;
	for (i = 17; i < GV_OWN_ID; i++)
		if (gv_enc_digits[(unsigned char)text[i]] == 0)
			return false;
	return true;
}

static bool
read_line(struct gv_own_entry *out, const char *line, size_t len)
{
	if (len <= AT_TREE || line[GV_OWN_ID] != ' ' ||
	    line[AT_TREE - 1] != ' ' || !is_like_id(line) ||
	    gv_oid_parse(&out->commit, line + AT_HEX) < 0 ||
	    !is_tree(line + AT_TREE, len - AT_TREE))
		return false;
	memcpy(out->id, line, GV_OWN_ID);
	out->id[GV_OWN_ID] = '\0';
	memcpy(out->tree, line + AT_TREE, len - AT_TREE);
	out->tree[len - AT_TREE] = '\0';
	return true;
}

/* Where the search for a commit begins: an id is as good as a hash of it. */
static size_t
slot_of(const struct gv_own *own, const struct gv_oid *commit)
{
	uint32_t hash;

	memcpy(&hash, commit->id, sizeof(hash));
	return hash & (own->n_slots - 1);
}

/* The next entry of a commit in the order of the file; *slot begins as
 * slot_of(). NULL behind the last. */
static const struct gv_own_entry *
next(const struct gv_own *own, const struct gv_oid *commit, size_t *slot)
{
	const struct gv_own_entry *e;

	while (own->n_slots && own->slots[*slot]) {
		e = &own->entries[own->slots[*slot] - 1];
		*slot = (*slot + 1) & (own->n_slots - 1);
		if (gv_oid_equal(&e->commit, commit))
			return e;
	}
	return NULL;
}

/* At most half of the slots are taken. */
static int
fill_slots(struct gv_own *own)
{
	size_t i, slot;

	if (own->n == 0)
		return 0;
	for (own->n_slots = 16; own->n_slots < 2 * own->n;)
		own->n_slots *= 2;
	own->slots = calloc(own->n_slots, sizeof(*own->slots));
	if (own->slots == NULL)
		return gv_err_nomem();
	for (i = 0; i < own->n; i++) {
		slot = slot_of(own, &own->entries[i].commit);
		while (own->slots[slot])
			slot = (slot + 1) & (own->n_slots - 1);
		own->slots[slot] = (uint32_t)i + 1;
	}
	return 0;
}

int
gv_own_parse(struct gv_own *out, const char *text, size_t len)
{
	struct gv_own own = { 0 };
	struct gv_own_entry entry;
	const char *p = text, *end = text + len, *lf;
	int r = 0;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL || !read_line(&entry, p, (size_t)(lf - p))) {
			own.damaged++;
			if (lf == NULL)
				break;
			continue;
		}
		r = GV_GROW(own.entries, own.n, own.cap);
		if (r < 0)
			goto out;
		own.entries[own.n++] = entry;
	}
	r = fill_slots(&own);
out:
	if (r < 0)
		gv_own_release(&own);
	else
		*out = own;
	return r;
}

void
gv_own_format(struct gv_buf *out, const struct gv_own_entry *entry)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &entry->commit);
	gv_buf_addf(out, "%s %s %s\n", entry->id, hex, entry->tree);
}

/* --- where it is --- */

static int
path_of(struct gv_buf *out, const struct gv_repo *repo, const char *suffix)
{
	gv_buf_addf(out, "%s/vault/own%s", repo->common_dir, suffix);
	return gv_buf_check(out);
}

/* The name of this working tree. Git gives the name of a removed linked tree to
 * the next one, so each linked tree gets a random name as well. "" if it has
 * none yet and `makes` is not set. */
static int
name_tree(char out[GV_OWN_TREE + 1], const struct gv_repo *repo, bool makes)
{
	unsigned char random[GV_OWN_TREE / 2];
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	out[0] = '\0';
	if (strcmp(repo->git_dir, repo->common_dir) == 0) {
		memcpy(out, MAIN, sizeof(MAIN));
		return 0;
	}
	gv_buf_addf(&path, "%s/tree", repo->vault_dir);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if ((r = gv_file_read(&text, AT_FDCWD, path.p, GV_OWN_TREE + 1)) == 0 &&
	    text.len > GV_OWN_TREE && is_tree(text.p, GV_OWN_TREE)) {
		memcpy(out, text.p, GV_OWN_TREE);
		out[GV_OWN_TREE] = '\0';
		goto out;
	}
	if (r == GV_ENOMEM || !makes) {
		r = r == GV_ENOMEM ? r : 0;
		goto out;
	}
	if ((r = gv_clock_random(random, sizeof(random))) < 0)
		goto out;
	gv_enc_hex(out, random, sizeof(random));
	gv_buf_reset(&text);
	gv_buf_addf(&text, "%s\n", out);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_own_load(struct gv_own *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_file_map map = { 0 };
	int r = path_of(&path, repo, ""), s;
	bool is_missing;

	if (r < 0)
		return r;
	s = gv_file_map(&map, AT_FDCWD, path.p, MAX_FILE);
	is_missing = s == GV_ENOTFOUND;
	if (s < 0 && !is_missing)
		r = s;
	else
		r = gv_own_parse(out, map.p ? map.p : "", map.len);
	gv_file_unmap(&map);
	gv_buf_release(&path);
	if (r < 0)
		return r;
	out->is_missing = is_missing;
	r = name_tree(out->tree, repo, false);
	if (r < 0)
		gv_own_release(out);
	return r;
}

/* Whether another snapshot of the tree is as new by its id: after a purge or a
 * prune old ones are at the end, written again. */
static bool
is_outdone(const struct gv_file_map *map, const struct gv_own_entry *last)
{
	const char *line = map->p, *end = map->p + map->len, *lf;
	struct gv_own_entry entry;

	for (; line < end && (lf = memchr(line, '\n', (size_t)(end - line)));
	     line = lf + 1)
		if (lf - line > GV_OWN_ID &&
		    memcmp(line, last->id, TIME_LEN) >= 0 &&
		    memcmp(line, last->id, GV_OWN_ID) != 0 &&
		    read_line(&entry, line, (size_t)(lf - line)) &&
		    strcmp(entry.tree, last->tree) == 0)
			return true;
	return false;
}

/* The last whole line of `tree`, of the last few lines of the file. */
static bool
find_last(const char **line, size_t *len, const struct gv_file_map *map,
    const char *tree)
{
	struct gv_own_entry entry;
	const char *end = map->p + map->len, *lf;
	size_t i;

	for (i = 0; i < NEAR && end > map->p && end[-1] == '\n'; i++) {
		lf = memrchr(map->p, '\n', (size_t)(end - 1 - map->p));
		*line = lf ? lf + 1 : map->p;
		*len = (size_t)(end - *line);
		if (!read_line(&entry, *line, *len - 1))
			return false;
		if (strcmp(entry.tree, tree) == 0)
			return !is_outdone(map, &entry);
		end = *line;
	}
	return false;
}

int
gv_own_load_last(struct gv_own *out, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_file_map map = { 0 };
	struct gv_own own = { 0 };
	const char *line;
	size_t len;
	int r;

	if ((r = path_of(&path, repo, "")) < 0 ||
	    (r = name_tree(own.tree, repo, false)) < 0)
		goto out;
	if (gv_file_map_places(&map, AT_FDCWD, path.p, MAX_FILE) == 0 &&
	    map.p && find_last(&line, &len, &map, own.tree)) {
		r = gv_own_parse(out, line, len);
		memcpy(out->tree, own.tree, sizeof(out->tree));
		r = r == 0 ? 1 : r;
	}
out:
	gv_file_unmap(&map);
	gv_buf_release(&path);
	return r == GV_ENOMEM || r > 0 ? r : 0;
}

/* --- asked --- */

bool
gv_own_has(const struct gv_own *own, const struct gv_oid *commit)
{
	size_t slot = slot_of(own, commit);

	return next(own, commit, &slot) != NULL;
}

int
gv_own_took(const struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_own own = { .entries = NULL };
	int r = gv_own_load(&own, repo);

	if (r == 0)
		r = gv_own_has(&own, commit);
	gv_own_release(&own);
	return r;
}

/* A commit has several entries if working trees share a snapshot. */
bool
gv_own_is_here(const struct gv_own *own, const struct gv_oid *commit)
{
	size_t slot = slot_of(own, commit);
	const struct gv_own_entry *e;

	while ((e = next(own, commit, &slot)))
		if (strcmp(e->tree, own->tree) == 0)
			return true;
	return false;
}

/* Whether no line of this tree is older than the one before it, as mostly. */
static bool
is_ordered(const struct gv_own *own)
{
	const char *newest = NULL;
	size_t i;

	for (i = 0; i < own->n; i++) {
		const struct gv_own_entry *e = &own->entries[i];

		if (strcmp(e->tree, own->tree) != 0)
			continue;
		if (newest && memcmp(e->id, newest, GV_RECORD_STAMP_LEN) < 0)
			return false;
		newest = e->id;
	}
	return true;
}

/* Without memory say yes: it is always right, only slower. */
bool
gv_own_is_set_back(const struct gv_own *own)
{
	struct gv_map seen = GV_MAP_INIT;
	const char *newest = "";
	bool is = false;
	size_t i;

	if (is_ordered(own))
		return false;
	for (i = 0; !is && i < own->n; i++) {
		const struct gv_own_entry *e = &own->entries[i];

		/* a rewritten commit's line is a second one of its snapshot */
		if (strcmp(e->tree, own->tree) != 0 ||
		    gv_map_get(&seen, e->id, GV_OWN_ID))
			continue;
		is = strncmp(e->id, newest, GV_RECORD_STAMP_LEN) < 0 ||
		    gv_map_put(&seen, e->id, GV_OWN_ID, (void *)e->id) < 0;
		newest = e->id;
	}
	gv_map_release(&seen);
	return is;
}

/* A snapshot writes a stat cache, a sync does not: so a cache without a list
 * means that the list was lost. */
bool
gv_own_is_lost(const struct gv_own *own, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is = own->is_missing || (own->n == 0 && own->damaged);

	gv_buf_addf(&path, "%s/index", repo->vault_dir);
	is = is && gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

/* --- written --- */

/* A commit that is gone does not come back as our own. The others stay in the
 * order in which they were taken. */
static int
sweep(struct gv_repo *repo, const char *path)
{
	struct gv_own own = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (r < 0 || (r = gv_own_load(&own, repo)) < 0)
		return r;
	for (i = 0; i < own.n; i++)
		if (gv_odb_has(odb, &own.entries[i].commit))
			gv_own_format(&text, &own.entries[i]);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path, text.p, text.len, 0666, true);
	gv_buf_release(&text);
	gv_own_release(&own);
	return r;
}

static int
append(struct gv_repo *repo, const char *path, const struct gv_buf *lines)
{
	struct gv_file_map map = { 0 };
	size_t len;
	int r;

	if (gv_file_map(&map, AT_FDCWD, path, MAX_FILE) < 0)
		map.len = 0;
	len = map.len;
	gv_file_unmap(&map);
	if (len / WORTH_SWEEPING != (len + lines->len) / WORTH_SWEEPING &&
	    (r = sweep(repo, path)) < 0)
		return r;
	return gv_file_append_lines(path, lines->p, lines->len);
}

int
gv_own_append(struct gv_repo *repo, const struct gv_buf *lines)
{
	struct gv_buf path = GV_BUF_INIT, lock_path = GV_BUF_INIT;
	unsigned mask;
	int lock = -1, r = gv_buf_check(lines);

	if (r < 0 || lines->len == 0)
		return r;
	mask = gv_repo_share(repo);
	gv_buf_addf(&path, "%s/vault", repo->common_dir);
	if ((r = gv_repo_check_writable(repo)) < 0 ||
	    (r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_reset(&path);
	if ((r = path_of(&path, repo, "")) < 0 ||
	    (r = path_of(&lock_path, repo, "-lock")) < 0 ||
	    (r = gv_lock_open(&lock, lock_path.p, LOCK_MS)) < 0)
		goto out;
	r = append(repo, path.p, lines);
out:
	gv_lock_close(lock);
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	gv_buf_release(&lock_path);
	return r < 0 ? gv_err_in(r, "the list of this clone's own snapshots")
		     : 0;
}

int
gv_own_add(struct gv_repo *repo, const char *id, const struct gv_oid *commit)
{
	struct gv_own_entry entry = { .commit = *commit };
	struct gv_buf line = GV_BUF_INIT;
	int r = name_tree(entry.tree, repo, true);

	if (r < 0)
		return r;
	memcpy(entry.id, id, GV_OWN_ID);
	gv_own_format(&line, &entry);
	r = gv_own_append(repo, &line);
	gv_buf_release(&line);
	return r;
}

void
gv_own_renew(struct gv_buf *lines, const struct gv_own *own,
    const struct gv_oid *old, const struct gv_oid *commit)
{
	size_t slot = slot_of(own, old);
	const struct gv_own_entry *e;
	struct gv_own_entry renewed;

	while ((e = next(own, old, &slot))) {
		renewed = *e;
		renewed.commit = *commit;
		gv_own_format(lines, &renewed);
	}
}

void
gv_own_release(struct gv_own *own)
{
	if (own == NULL)
		return;
	free(own->entries);
	free(own->slots);
	memset(own, 0, sizeof(*own));
}
