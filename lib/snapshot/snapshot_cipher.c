#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/hash.h"
#include "snapshot/snapshot_internal.h"
#include "sys/proc.h"

/*
 * Files that a filter of git encrypts (git-crypt, transcrypt, age, SOPS): git
 * has the cipher, the working tree the text, and a snapshot keeps what stands
 * in the working tree. So it is sealed as a whole, or the text would go where
 * the user has taken care that it does not. The names and commands of filters
 * show which do so, and where these say nothing, what git has of a
 * file.
 */

enum cipher { UNKNOWN, ENCRYPTS, CONVERTS };

struct driver {
	const char *name; /* in a key of the configuration */
	size_t len;
	enum cipher is;
};

struct drivers {
	struct driver *all;
	size_t n, cap;
};

/* ---- filters that git knows ---- */

static bool
is_word(const char *word, size_t len)
{
	static const char *const words[] = { "age", "rage", "sops", "gpg",
		"gpg2", "openssl", "seal", "kubeseal" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(words[i], word, len) == 0)
			return true;
	return false;
}

/* Whether a name or a command is of a program that encrypts. */
static bool
says_cipher(const char *text)
{
	size_t len;

	if (strcasestr(text, "crypt"))
		return true;
	for (; *text; text += len ? len : 1) {
		for (len = 0; isalnum((unsigned char)text[len]); len++)
			;
		if (is_word(text, len))
			return true;
	}
	return false;
}

static struct driver *
find(const struct drivers *d, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->all[i].len == len &&
		    memcmp(d->all[i].name, name, len) == 0)
			return &d->all[i];
	return NULL;
}

static int
add_driver(struct drivers *d, const char *name, size_t len, const char *command)
{
	struct driver *driver = find(d, name, len);
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (driver == NULL) {
		r = GV_GROW(d->all, d->n, d->cap);
		if (r < 0)
			return r;
		driver = &d->all[d->n++];
		*driver = (struct driver){ .name = name, .len = len };
	}
	gv_buf_add(&text, name, len);
	gv_buf_addf(&text, " %s", command);
	if ((r = gv_buf_check(&text)) == 0 && says_cipher(text.p))
		driver->is = ENCRYPTS;
	gv_buf_release(&text);
	return r;
}

static int
find_drivers(struct drivers *d, const struct gv_config *config)
{
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < config->n; i++) {
		const struct gv_config_entry *e = &config->entries[i];
		const char *name = gv_survey_filter_of(&len, e->key);

		if (name)
			r = add_driver(d, name, len, e->value ? e->value : "");
	}
	return r;
}

/* ---- what git has of a file ---- */

static bool
is_cipher_text(const struct gv_object *obj)
{
	static const struct {
		const char *text;
		size_t len;
	} begins[] = {
		{ "\0GITCRYPT\0", 10 },
		{ "Salted__", 8 },
		{ "U2FsdGVkX1", 10 }, /* that, in base64 */
		{ "age-encryption.org/", 19 },
		{ "-----BEGIN AGE ENCRYPTED FILE", 29 },
		{ "-----BEGIN PGP MESSAGE", 22 },
		{ "$ANSIBLE_VAULT;", 15 },
	};
	size_t i;

	for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (obj->len >= begins[i].len &&
		    memcmp(obj->data, begins[i].text, begins[i].len) == 0)
			return true;
	return false;
}

static void
look_at_blob(
    const struct gv_snapshot_run *run, struct driver *driver, const char *path)
{
	const struct gv_index_entry *e =
	    gv_index_find(run->survey.index, path, strlen(path), 0);
	struct gv_object obj = { 0 };

	if (e == NULL ||
	    gv_odb_read_type(run->survey.odb, &obj, &e->oid, GV_OTYPE_BLOB) < 0)
		return;
	if (obj.len)
		driver->is = is_cipher_text(&obj) ? ENCRYPTS : CONVERTS;
	gv_object_release(&obj);
}

/* ---- files ---- */

static int
add_paths(struct gv_buf *paths, const struct gv_snapshot_run *run)
{
	uint32_t i, j;

	for (i = 0; i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);

		for (j = 0; j < d->n; j++) {
			const struct gv_row *row = &d->rows[j];

			if ((row->flags & (GV_ROW_ABSENT | GV_ROW_DIR)) ||
			    !S_ISREG(row->mode))
				continue;
			gv_census_path(run->survey.census, run->survey.order[i],
			    row, paths);
			gv_buf_addch(paths, '\0');
		}
	}
	return gv_buf_check(paths);
}

/* fn() for each path that one of the filters is set for: git answers with path,
 * attribute and value. */
static int
each(struct gv_snapshot_run *run, const struct drivers *d,
    const struct gv_proc *p,
    int (*fn)(
	struct gv_snapshot_run *run, struct driver *driver, const char *path))
{
	const char *at = p->out.p, *end = at + p->out.len;
	int r = 0;

	while (r == 0 && at < end) {
		const char *path = at, *value;
		struct driver *driver;

		at += strlen(at) + 1;
		at += at < end ? strlen(at) + 1 : 0;
		value = at < end ? at : "";
		at += strlen(value) + 1;
		driver = find(d, value, strlen(value));
		if (driver)
			r = fn(run, driver, path);
	}
	return r;
}

static int
decide(struct gv_snapshot_run *run, struct driver *driver, const char *path)
{
	if (driver->is == UNKNOWN)
		look_at_blob(run, driver, path);
	return 0;
}

static int
keep_path(struct gv_snapshot_run *run, struct driver *driver, const char *path)
{
	size_t len = strlen(path);
	char *copy;

	if (driver->is != ENCRYPTS)
		return 0;
	copy = gv_arena_copy(&run->arena, path, len);
	if (copy == NULL)
		return gv_err_nomem();
	gv_buf_add(&run->cipher_paths, path, len + 1);
	if (gv_buf_check(&run->cipher_paths) < 0)
		return GV_ENOMEM;
	return gv_map_put(&run->ciphered, copy, len, copy);
}

static int
ask(struct gv_snapshot_run *run, const struct drivers *d)
{
	const char *argv[] = { "git", "check-attr", "-z", "--stdin", "filter",
		NULL };
	struct gv_buf paths = GV_BUF_INIT;
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = add_paths(&paths, run)) < 0)
		goto out;
	if (paths.len &&
	    (r = gv_survey_git(&p, run->repo,
		 &(struct gv_survey_git){ .argv = argv, .in = &paths })) < 0)
		goto out;
	if (p.status) {
		r = gv_err(GV_ERROR,
		    "cannot ask git which files it encrypts: %s",
		    gv_proc_why(&p));
		goto out;
	}
	if ((r = each(run, d, &p, decide)) < 0)
		goto out;
	r = each(run, d, &p, keep_path);
out:
	gv_proc_release(&p);
	gv_buf_release(&paths);
	return r;
}

int
gv_snapshot_ciphered(struct gv_snapshot_run *run)
{
	struct drivers d = { 0 };
	int r = find_drivers(&d, &run->repo->config);

	if (r == 0 && d.n && gv_survey_may_filter(&run->survey))
		r = ask(run, &d);
	free(d.all);
	return r;
}

int
gv_snapshot_mix_ciphered(struct gv_oid *sum, const struct gv_snapshot_run *run)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (run->cipher_paths.len == 0 || gv_oid_is_zero(sum))
		return 0;
	gv_buf_add(&text, sum->id, GV_OID_RAW);
	gv_buf_add(&text, run->cipher_paths.p, run->cipher_paths.len);
	if ((r = gv_buf_check(&text)) == 0)
		gv_hash_plain(sum, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

enum gv_scope_keep
gv_snapshot_keep(const struct gv_snapshot_run *run, const struct gv_row *row,
    const char *path)
{
	bool is_own = (row->flags & GV_ROW_PRECIOUS) ||
	    gv_map_get(&run->ciphered, path, strlen(path));

	return gv_screen_keep(run->withhold.screen, path, is_own);
}
