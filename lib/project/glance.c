#include "project/glance.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "project/glance_stamp.h"
#include "project/registry.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "worktree/cache.h"

/* The file: GVGLANC1; of each project its path, the moment, the stamp, when it
 * was made, and the text; a CRC-32. Texts have their length in four bytes
 * before them. Numbers are in network order. It is of one user and machine. */
#define MAGIC "GVGLANC1"
#define FILE_ "git-vault/watch/projects"
#define LIMIT ((size_t)64 * 1024 * 1024)

/* ---- the file ------------------------------------------------------------ */

struct reader {
	const char *p, *end;
};

static const char *
take(struct reader *r, size_t n)
{
	const char *at = r->p;

	if (n > (size_t)(r->end - r->p))
		return NULL;
	r->p += n;
	return at;
}

static const char *
take_text(struct reader *r, size_t *len)
{
	const char *n = take(r, 4);

	*len = n ? (size_t)gv_enc_number(n, 4) : 0;
	return n ? take(r, *len) : NULL;
}

static bool
take_one(struct gv_glance *out, struct reader *r)
{
	const char *by, *numbers;

	out->path = take_text(r, &out->path_len);
	by = take(r, sizeof(out->since.by));
	numbers = take(r, 24);
	out->text = take_text(r, &out->len);
	if (out->path == NULL || by == NULL || numbers == NULL ||
	    out->text == NULL)
		return false;
	memcpy(out->since.by, by, sizeof(out->since.by));
	out->since.n = gv_enc_number(numbers, 8);
	out->stamp = gv_enc_number(numbers + 8, 8);
	out->made = (int64_t)gv_enc_number(numbers + 16, 8);
	return true;
}

int
gv_glance_parse(
    struct gv_glance **out, size_t *n, const char *bytes, size_t len)
{
	struct reader r = { bytes, bytes + len };
	struct gv_glance one, *items = NULL;
	size_t cap = 0;

	*out = NULL;
	*n = 0;
	if (!gv_cache_is_sealed(bytes, len, MAGIC))
		return GV_ECORRUPT;
	r.p += GV_CACHE_MAGIC;
	r.end -= GV_CACHE_SUM;
	while (r.p < r.end) {
		if (!take_one(&one, &r) || *n == GV_REGISTRY_MAX) {
			free(items);
			*n = 0;
			return GV_ECORRUPT;
		}
		if (GV_GROW(items, *n, cap) < 0) {
			free(items);
			*n = 0;
			return gv_err_nomem();
		}
		items[(*n)++] = one;
	}
	*out = items;
	return 0;
}

static void
add_text(struct gv_buf *out, const char *text, size_t len)
{
	gv_enc_add_number(out, len, 4);
	gv_buf_add(out, text, len);
}

int
gv_glance_format(struct gv_buf *out, const struct gv_glance *items, size_t n)
{
	const size_t from = out->len;
	size_t i;

	gv_buf_addstr(out, MAGIC);
	for (i = 0; i < n; i++) {
		const struct gv_glance *one = &items[i];

		if (one->path == NULL)
			continue;
		add_text(out, one->path, one->path_len);
		gv_buf_add(out, one->since.by, sizeof(one->since.by));
		gv_enc_add_number(out, one->since.n, 8);
		gv_enc_add_number(out, one->stamp, 8);
		gv_enc_add_number(out, (uint64_t)one->made, 8);
		add_text(out, one->text, one->len);
	}
	gv_cache_seal(out, from);
	return gv_buf_check(out);
}

/* ---- what still holds ---------------------------------------------------- */

static int
load(struct gv_glances *g, size_t n)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_map by_path = GV_MAP_INIT;
	struct gv_glance *had = NULL;
	const struct gv_glance *one;
	size_t n_had = 0, i;
	int r = gv_env_config_file(&path, FILE_);

	if (r == 0 && (r = gv_buf_check(&path)) == 0 &&
	    (r = gv_file_read(&g->bytes, AT_FDCWD, path.p, LIMIT)) == 0)
		r = gv_glance_parse(&had, &n_had, g->bytes.p, g->bytes.len);
	for (i = 0; r == 0 && i < n_had; i++)
		r = gv_map_put(&by_path, had[i].path, had[i].path_len, &had[i]);
	for (i = 0; r == 0 && i < n; i++) {
		const char *name = g->registry->items[i].path;

		if ((one = gv_map_get(&by_path, name, strlen(name))) != NULL)
			g->items[i] = *one;
	}
	gv_map_release(&by_path);
	free(had);
	gv_buf_release(&path);
	return r == GV_ENOMEM ? r : 0;
}

/* Ask watch about all of them; what it does not know is not still. */
static int
ask(struct gv_glances *g, size_t n)
{
	struct gv_hint_tree *trees = calloc(n + 1, sizeof(*trees));
	unsigned char *still = calloc(n + 1, 1);
	struct stat st;
	size_t i;
	int fd;

	if (trees == NULL || still == NULL) {
		free(trees);
		free(still);
		return gv_err_nomem();
	}
	for (i = 0; i < n; i++) {
		if (g->registry->items[i].is_gone ||
		    (fd = gv_dir_open_root(g->registry->items[i].path)) < 0)
			continue;
		if (gv_dir_stat_fd(fd, &st) == 0)
			trees[i] =
			    (struct gv_hint_tree){ .dev = (uint64_t)st.st_dev,
				    .ino = (uint64_t)st.st_ino,
				    .since = g->items[i].since };
		gv_file_close(fd);
	}
	gv_hint_ask_still(&g->now, still, trees, n);
	for (i = 0; i < n; i++)
		g->is_known[i] = still[i];
	free(trees);
	free(still);
	return 0;
}

/* What lies beside the files is as it was, and the text is young enough. The
 * stamp is taken before anything is looked at, so that what changes meanwhile
 * has another one the next time. */
static void
compare(struct gv_glances *g, size_t i, uint64_t user)
{
	struct gv_glance *one = &g->items[i];
	const int64_t age = g->time - one->made;
	const uint64_t stamp =
	    gv_glance_stamp(g->registry->items[i].path, user);

	g->is_known[i] = g->is_known[i] && one->path && stamp &&
	    stamp == one->stamp && age >= 0 && age < GV_GLANCE_MOST;
	if (!g->is_known[i])
		*one = (struct gv_glance){ .stamp = stamp };
}

int
gv_glances_open(
    struct gv_glances *out, const struct gv_registry *registry, int64_t now)
{
	const size_t n = registry->n;
	uint64_t user;
	size_t i;
	int r;

	*out = (struct gv_glances){
		.registry = registry, .time = now, .bytes = GV_BUF_INIT
	};
	out->items = calloc(n + 1, sizeof(*out->items));
	out->is_known = calloc(n + 1, sizeof(*out->is_known));
	out->noted = calloc(n + 1, sizeof(*out->noted));
	if (!out->items || !out->is_known || !out->noted)
		return gv_err_nomem();
	if ((r = load(out, n)) < 0 || (r = ask(out, n)) < 0 || out->now.n == 0)
		return r;
	user = gv_glance_stamp_user(&registry->config);
	for (i = 0; i < n; i++)
		compare(out, i, user);
	return 0;
}

const char *
gv_glances_get(const struct gv_glances *g, size_t i, size_t *len)
{
	*len = g->items[i].len;
	return g->is_known[i] ? g->items[i].text : NULL;
}

int
gv_glances_note(struct gv_glances *g, size_t i, const char *text, size_t len)
{
	struct gv_glance *one = &g->items[i];

	/* there is no watch, or nothing that tells whether it still holds */
	if (g->now.n == 0 || one->stamp == 0)
		return 0;
	if ((g->noted[i] = malloc(len + 1)) == NULL)
		return gv_err_nomem();
	memcpy(g->noted[i], text, len);
	one->path = g->registry->items[i].path;
	one->path_len = strlen(one->path);
	one->since = g->now;
	one->made = g->time;
	one->text = g->noted[i];
	one->len = len;
	g->is_moved = true;
	return 0;
}

static void
save(const struct gv_glances *g)
{
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	char *before = gv_err_save();

	if (gv_env_config_file(&path, FILE_) == 0 && gv_buf_check(&path) == 0 &&
	    gv_glance_format(&file, g->items, g->registry->n) == 0 &&
	    file.len <= LIMIT)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, file.p, file.len, 0600, false);
	gv_buf_release(&file);
	gv_buf_release(&path);
	gv_err_restore(before);
}

void
gv_glances_close(struct gv_glances *g)
{
	size_t i;

	if (g->is_moved)
		save(g);
	for (i = 0; g->noted && i < g->registry->n; i++)
		free(g->noted[i]);
	free(g->noted);
	free(g->items);
	free(g->is_known);
	gv_buf_release(&g->bytes);
	memset(g, 0, sizeof(*g));
}
