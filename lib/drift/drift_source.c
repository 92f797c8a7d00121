#include "drift/drift_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "drift/drift_since.h"
#include "drift/drift_source_internal.h"
#include "key/idkey.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "sys/clock.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "vault/ledger.h"
#include "worktree/index.h"

/* ---- environments -------------------------------------------------------- */

int
gv_drift_source_add_word(
    struct gv_drift_source_private *p, const char *word, unsigned env)
{
	if (GV_GROW(p->words, p->n_words, p->cap_words) < 0)
		return gv_err_nomem();
	p->words[p->n_words++] = (struct gv_envname_word){ word, env };
	return 0;
}

static int
add_words(struct gv_drift_source_private *p, unsigned index,
    const struct gv_envtree_env *env)
{
	size_t i;
	int r = gv_drift_source_add_word(p, env->name, index);

	for (i = 0; r == 0 && env->said && i < env->said->aliases.n; i++)
		r = gv_drift_source_add_word(
		    p, env->said->aliases.items[i], index);
	return r;
}

static bool
is_word(const struct gv_drift_source_private *p, const char *word)
{
	size_t i;

	for (i = 0; i < p->n_words; i++)
		if (strcmp(p->words[i].word, word) == 0)
			return true;
	return false;
}

/* Usual spellings name the environment that the tree calls otherwise. */
static int
add_usual(struct gv_drift_source_private *p,
    const struct gv_envtree_env *const *list, size_t n)
{
	static const char *const names[] = { "dev", "test", "qa", "uat",
		"staging", "preprod", "nonprod", "prod", "dr", "demo",
		"sandbox", NULL };
	const struct gv_envtree_env *env;
	size_t i, k;
	int r;

	for (i = 0; names[i]; i++) {
		if (is_word(p, names[i]))
			continue;
		if ((r = gv_envtree_word(&env, p->map->tree, names[i])) < 0)
			return r;
		for (k = 0; env && k < n; k++)
			if (list[k] == env &&
			    (r = gv_drift_source_add_word(
				 p, names[i], (unsigned)k)) < 0)
				return r;
	}
	return 0;
}

static int
add_envs(struct gv_drift_source *s)
{
	struct gv_drift_source_private *p = s->private;
	const struct gv_envtree_env *const *list;
	size_t i;
	int r;

	list = gv_envtree_list(p->map->tree, &s->n_envs);
	p->envs = calloc(s->n_envs + 1, sizeof(*p->envs));
	if (p->envs == NULL)
		return gv_err_nomem();
	for (i = 0; i < s->n_envs; i++) {
		p->envs[i] = (struct gv_drift_env){ list[i]->name,
			list[i]->order, list[i]->tier == GV_ENVTREE_PROD };
		if ((r = add_words(p, (unsigned)i, list[i])) < 0)
			return r;
	}
	s->envs = p->envs;
	return add_usual(p, list, s->n_envs);
}

int
gv_drift_source_find(unsigned *out, struct gv_drift_source *s, const char *word)
{
	const struct gv_envtree_env *env;
	size_t i;
	int r;

	if ((r = gv_envtree_word(&env, s->private->map->tree, word)) < 0)
		return r;
	for (i = 0; i < s->n_envs; i++)
		if (env && strcmp(s->envs[i].name, env->name) == 0) {
			*out = (unsigned)i;
			return 0;
		}
	return gv_envtree_unknown(s->private->map->tree, word);
}

/* ---- files --------------------------------------------------------------- */

/* A file as the tree of the snapshot has it. */
static int
read_blob(struct gv_buf *out, const char **why,
    const struct gv_drift_source_private *p, const char *path)
{
	struct gv_odb *odb;
	struct gv_object object;
	struct gv_oid id;
	unsigned mode;
	int r;

	if ((r = gv_repo_odb(p->repo, &odb)) < 0 ||
	    (r = gv_tree_find(odb, &p->tree, path, &mode, &id)) < 0)
		return r;
	if (!S_ISREG(mode)) {
		*why = S_ISLNK(mode) ? "it is a link, of which a commit has "
				       "no content"
				     : "it is not a file";
		return GV_EREFUSED;
	}
	if ((r = gv_odb_read_type(odb, &object, &id, GV_OTYPE_BLOB)) < 0)
		return r;
	gv_buf_add(out, object.data, object.len);
	gv_object_release(&object);
	return gv_buf_check(out);
}

/* Whether a path stays in the working tree with all links followed, and out of
 * the repository in it. */
static bool
is_inside(const struct gv_repo *repo, const char *full)
{
	char *top = gv_entry_real_path(repo->worktree);
	char *real = gv_entry_real_path(full);
	const size_t len = top ? strlen(top) : 0;
	const bool is = top && real && strncmp(real, top, len) == 0 &&
	    real[len] == '/' && strncmp(real + len, "/.git/", 6) != 0;

	free(top);
	free(real);
	return is;
}

/* Links of the tree into the tree are followed, as Terraform does; who may push
 * can make others, too. */
static int
read_worktree(struct gv_buf *out, const char **why,
    const struct gv_drift_source_private *p, const char *path)
{
	struct gv_buf full = GV_BUF_INIT;
	int r = gv_file_leads_through_link(p->repo->worktree, path);
	const bool is_link = r > 0;

	gv_buf_addf(&full, "%s/%s", p->repo->worktree, path);
	if (r < 0 || (r = gv_buf_check(&full)) < 0)
		goto out;
	if (is_link && !is_inside(p->repo, full.p)) {
		r = GV_EREFUSED;
		*why = "it is a link that leads out of the tree, or nowhere";
		goto out;
	}
	r = gv_file_read(out, AT_FDCWD, full.p, GV_DRIFT_SOURCE_MOST);
	if (r == GV_EREFUSED)
		*why = "it is larger than 8 MiB, or not a file";
	else if (r < 0)
		*why = "it could not be opened";
out:
	gv_buf_release(&full);
	return r;
}

/* Whether bytes are what a filter of Git has encrypted. */
static bool
is_cipher(const char *p, size_t len)
{
	static const char *const heads[] = { "age-encryption.org/",
		"-----BEGIN AGE ", "-----BEGIN PGP MESSAGE", "U2FsdGVkX1",
		NULL };
	size_t i;

	for (i = 0; heads[i]; i++)
		if (len > strlen(heads[i]) &&
		    memcmp(p, heads[i], strlen(heads[i])) == 0)
			return true;
	return len && memchr(p, '\0', len) != NULL;
}

/* Whether Git has a file encrypted that is in clear in the working tree, as
 * git-crypt does. Most files are as Git has them. */
static bool
is_encrypted(
    const struct gv_drift_source_private *p, const struct gv_drift_file *file)
{
	const struct gv_index_entry *e = p->index
	    ? gv_index_find(p->index, file->path, strlen(file->path), 0)
	    : NULL;
	struct gv_object object = { .data = NULL };
	struct gv_odb *odb;
	struct gv_oid id;
	bool is = false;

	if (e == NULL)
		return false;
	gv_hash_object(&id, GV_OTYPE_BLOB, file->text, file->len);
	if (!gv_oid_equal(&id, &e->oid) && gv_repo_odb(p->repo, &odb) == 0 &&
	    gv_odb_read_type(odb, &object, &e->oid, GV_OTYPE_BLOB) == 0)
		is = is_cipher((const char *)object.data, object.len);
	gv_object_release(&object);
	return is;
}

int
gv_drift_source_read(void *ctx, struct gv_drift_file *file)
{
	struct gv_drift_source_private *p = ctx;
	char *before = gv_err_save();
	const bool is_stored = p->is_tree || (p->then && file->env == 0);
	struct gv_buf *text;
	int r;

	if (GV_GROW(p->texts, p->n_texts, p->cap_texts) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	text = &p->texts[p->n_texts];
	*text = (struct gv_buf)GV_BUF_INIT;
	r = is_stored ? gv_drift_source_read_revealed(text, p, file) : 0;
	if (r == 0)
		r = is_stored ? read_blob(text, &file->why, p, file->path)
			      : read_worktree(text, &file->why, p, file->path);
	if (r >= 0) {
		r = 0;
		p->n_texts++;
		file->text = text->p;
		file->len = text->len;
		file->is_private |= !is_stored && is_encrypted(p, file);
	} else if (r != GV_ENOMEM) {
		if (file->why == NULL)
			file->why = "it could not be read";
		r = 0;
	}
out:
	return gv_err_settle(r, before);
}

/* Files that tools write, and nobody compares by eye. */
static bool
is_written(const char *path)
{
	static const char *const ends[] = { ".tfstate", ".terraform.lock.hcl",
		"package-lock.json", "composer.lock", ".lock.json",
		".schema.json", NULL };
	const size_t len = strlen(path);
	size_t i;

	for (i = 0; ends[i]; i++)
		if (len >= strlen(ends[i]) &&
		    strcmp(path + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strstr(path, "terraform.tfstate") != NULL;
}

/* A folder of the policy that has no name of the environment in it. */
static size_t
folder_of(const struct gv_drift_source_private *p, const char *path,
    const struct gv_envtree_verdict *v, uint32_t env)
{
	struct gv_envname_hit hit;
	const size_t len = v->pattern ? strlen(v->pattern) : 0;
	size_t from = 0;

	if (v->rule != GV_ENVTREE_POLICY || len == 0 ||
	    strpbrk(v->pattern, "*?[") || strncmp(path, v->pattern, len) != 0 ||
	    path[len] != '/')
		return 0;
	while (
	    gv_envname_next(&hit, &p->opts.names, path, strlen(path), from)) {
		if (hit.env == env)
			return 0;
		from = hit.at + hit.len;
	}
	return len;
}

static int
add_file(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct gv_drift_source *s = ctx;
	struct gv_drift_file file = { .path = path->p, .env = GV_DRIFT_SHARED };
	size_t i;

	if (is_written(path->p))
		return 0;
	file.is_private = !s->private->is_tree &&
	    gv_index_find(s->private->index, path->p, path->len, 0) == NULL;
	file.is_ignored = gv_envmap_ignores(s->private->map, path->p);
	for (i = 0; v->env && i < s->n_envs; i++)
		if (strcmp(s->envs[i].name, v->env->name) == 0)
			file.env = (uint32_t)i;
	if (file.env != GV_DRIFT_SHARED)
		file.folder = folder_of(s->private, path->p, v, file.env);
	return gv_drift_add(s->drift, &file);
}

/* ---- what is accepted ---------------------------------------------------- */

static int
read_accepted(struct gv_buf *text, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	int r;

	gv_buf_addf(&path, "%s/" GV_ACCEPTED_FILE, repo->worktree);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_read(text, AT_FDCWD, path.p, GV_DRIFT_SOURCE_MOST);
	if (r == GV_ENOTFOUND)
		r = 0;
	gv_buf_release(&path);
	return gv_err_settle(r, before);
}

static int
load_accepted(struct gv_drift_source_private *p)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *why = NULL;
	int r;

	if (p->repo->worktree)
		r = read_accepted(&text, p->repo);
	else if ((r = read_blob(&text, &why, p, GV_ACCEPTED_FILE)) ==
	    GV_ENOTFOUND)
		r = 0;
	else if (r == GV_EREFUSED && why)
		r = gv_err(r, GV_ACCEPTED_FILE ": %s", why);
	if (r == 0)
		r = gv_accepted_parse(
		    &p->accepted, GV_ACCEPTED_FILE, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_drift_source_name_hidden(struct gv_drift_source *s, bool makes_key)
{
	struct gv_idkey key;
	bool has_keyring = false;
	char *before = gv_err_save();
	int r = gv_safe_load_idkey(&key, &has_keyring, s->private->repo);

	if (r == GV_ENOTFOUND && !has_keyring)
		r = makes_key ? gv_idkey_get(&key, s->private->repo,
				    gv_clock_now().tv_sec)
			      : gv_idkey_expect(&key, s->private->repo, false);
	if (r == 0)
		gv_drift_name_by(s->drift, key.bytes, key.name);
	explicit_bzero(&key, sizeof(key));
	return gv_err_settle(
	    r == GV_ENOMEM || r == GV_ECANCELED ? r : 0, before);
}

int
gv_drift_source_compare(struct gv_drift_report *out, struct gv_drift_source *s,
    unsigned left, unsigned right, const char *today)
{
	int r = gv_drift_compare(out, s->drift, left, right);

	return r < 0 ? r
		     : gv_accepted_apply(out, &s->private->accepted,
			   s->envs[left].name, s->envs[right].name, today);
}

void
gv_drift_source_tell_comments(struct gv_drift_source *s)
{
	s->private->opts.comments = true;
}

static bool
find_name(unsigned *out, const struct gv_drift_source *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_envs; i++)
		if (strcmp(s->envs[i].name, name) == 0) {
			*out = (unsigned)i;
			return true;
		}
	return false;
}

int
gv_drift_source_since(struct gv_drift_report *report,
    const struct gv_drift_source *now, struct gv_drift_source *then)
{
	struct gv_drift_report earlier = { .n = 0 };
	unsigned left, right;
	int r;

	if (!find_name(&left, then, now->envs[report->left].name) ||
	    !find_name(&right, then, now->envs[report->right].name))
		return 0;
	if ((r = gv_drift_compare(&earlier, then->drift, left, right)) == 0)
		r = gv_drift_since(report, now->drift, &earlier);
	gv_drift_report_release(&earlier);
	return r;
}

int
gv_drift_source_accept(struct gv_drift_source *s,
    const struct gv_drift_finding *finding,
    const struct gv_accepted_entry *entry)
{
	const struct gv_repo *repo = s->private->repo;
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	int r;

	if (finding->class == GV_DRIFT_GUARD)
		return gv_err(GV_EREFUSED,
		    "%s: a weaker guard cannot be accepted; make it as strong "
		    "as before, or write in both environments what holds",
		    entry->key);
	gv_buf_addf(&path, "%s/" GV_ACCEPTED_FILE, repo->worktree);
	if ((r = gv_buf_check(&path)) == 0 &&
	    (r = read_accepted(&text, repo)) == 0 &&
	    (r = gv_accepted_add(&text, entry)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

/* ---- one in time ----------------------------------------------------------
 */

static int
add_side(void *ctx, const struct gv_envtree_path *path,
    const struct gv_envtree_verdict *v)
{
	struct gv_drift_source *s = ctx;
	const struct gv_drift_file file = { .path = path->p,
		.env = s->private->side,
		.is_ignored = gv_envmap_ignores(s->private->map, path->p) };

	if (v->env == NULL || strcmp(v->env->name, s->private->env) != 0 ||
	    is_written(path->p))
		return 0;
	return gv_drift_add(s->drift, &file);
}

/* The name of the environment, as it is now or was then. */
static int
find_env(struct gv_drift_source_private *p, const char *word)
{
	const struct gv_envtree_env *env;
	int r;

	if ((r = gv_envtree_word(&env, p->map->tree, word)) < 0 ||
	    (env == NULL &&
		(r = gv_envtree_word(&env, p->then->tree, word)) < 0))
		return r;
	if (env == NULL)
		return gv_envtree_unknown(p->map->tree, word);
	p->env = env->name;
	return 0;
}

static int
open_from(struct gv_drift_source *s, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe, const char *word)
{
	struct gv_drift_source_private *p = s->private;
	int r;

	p->repo = repo;
	p->tree = rec->tree;
	p->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	if ((r = gv_envmap_load(&p->map, repo)) < 0 ||
	    (r = gv_envmap_load_tree(&p->then, repo, &rec->tree)) < 0 ||
	    (r = gv_drift_source_reveal(p, rec, safe)) < 0 ||
	    (r = gv_team_rules_load(&p->rules, repo)) < 0 ||
	    (r = find_env(p, word)) < 0)
		return r;
	p->envs = calloc(2, sizeof(*p->envs));
	if (p->envs == NULL)
		return gv_err_nomem();
	p->envs[0] = (struct gv_drift_env){ rec->id, 0, false };
	p->envs[1] = (struct gv_drift_env){ p->env, 1, false };
	s->envs = p->envs;
	s->n_envs = 2;
	p->opts = (struct gv_drift_opts){ .envs = p->envs,
		.n_envs = 2,
		.rules = p->rules.set,
		.read = gv_drift_source_read,
		.ctx = p,
		.in_time = true };
	if ((r = gv_drift_new(&s->drift, &p->opts)) < 0 ||
	    (r = gv_envtree_each(p->then->tree, add_side, s)) < 0 ||
	    (r = gv_drift_source_add_keys_of(s, 0, p->env, p->then)) < 0)
		return r;
	p->side = 1;
	if ((r = gv_envtree_each(p->map->tree, add_side, s)) < 0)
		return r;
	return gv_drift_source_add_keys_of(s, 1, p->env, p->map);
}

/* ---- all ----------------------------------------------------------------- */

/* In a bare repository all files are those of HEAD. */
static int
take_head(struct gv_drift_source_private *p, struct gv_repo *repo)
{
	struct gv_odb *odb;
	int r;

	if (repo->worktree || p->is_tree)
		return 0;
	if ((r = gv_ledger_head(&p->tree, &odb, repo)) == 0)
		return gv_err(GV_ENOTFOUND,
		    "%s has neither a working tree nor a commit at HEAD",
		    repo->git_dir);
	p->is_tree = r > 0;
	return r < 0 ? r : 0;
}

int
gv_drift_source_begin(struct gv_drift_source_private *p, struct gv_repo *repo)
{
	int r;

	p->repo = repo;
	p->rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
	if ((r = take_head(p, repo)) < 0 ||
	    (r = gv_index_open(&p->index, repo)) < 0 ||
	    (r = gv_envmap_load_tree(
		 &p->map, repo, p->is_tree ? &p->tree : NULL)) < 0 ||
	    (r = gv_team_rules_load(&p->rules, repo)) < 0)
		return r;
	return load_accepted(p);
}

static int
open_all(struct gv_drift_source *s, struct gv_repo *repo,
    const struct gv_drift_source *like)
{
	struct gv_drift_source_private *p = s->private;
	int r;

	if ((r = gv_drift_source_begin(p, repo)) < 0 || (r = add_envs(s)) < 0)
		return r;
	p->opts = (struct gv_drift_opts){ .envs = p->envs,
		.n_envs = s->n_envs,
		.names = { p->words, p->n_words },
		.rules = p->rules.set,
		.read = gv_drift_source_read,
		.ctx = p,
		.like = like ? like->drift : NULL };
	if ((r = gv_drift_new(&s->drift, &p->opts)) < 0 ||
	    (r = gv_envtree_each(p->map->tree, add_file, s)) < 0)
		return r;
	return gv_drift_source_add_keys(s);
}

struct gv_drift_source *
gv_drift_source_new(void)
{
	struct gv_drift_source *s = calloc(1, sizeof(*s));

	if (s && (s->private = calloc(1, sizeof(*s->private))) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

int
gv_drift_source_settle(
    struct gv_drift_source **out, struct gv_drift_source *s, int r)
{
	if (r == 0 && s->private->opts.like == NULL &&
	    gv_accepted_has_named(&s->private->accepted))
		r = gv_drift_source_name_hidden(s, false);
	if (r < 0)
		gv_drift_source_close(s);
	else
		*out = s;
	return r;
}

int
gv_drift_source_open(struct gv_drift_source **out, struct gv_repo *repo)
{
	struct gv_drift_source *s = gv_drift_source_new();

	return s ? gv_drift_source_settle(out, s, open_all(s, repo, NULL))
		 : gv_err_nomem();
}

int
gv_drift_source_open_tree(struct gv_drift_source **out, struct gv_repo *repo,
    const struct gv_oid *tree, const struct gv_drift_source *like)
{
	struct gv_drift_source *s = gv_drift_source_new();

	if (s == NULL)
		return gv_err_nomem();
	s->private->is_tree = true;
	s->private->tree = *tree;
	return gv_drift_source_settle(out, s, open_all(s, repo, like));
}

int
gv_drift_source_open_secrets(struct gv_drift_source *s,
    const struct gv_record *rec, struct gv_safe *safe)
{
	return gv_drift_source_reveal(s->private, rec, safe);
}

int
gv_drift_source_open_from(struct gv_drift_source **out, struct gv_repo *repo,
    const struct gv_record *rec, struct gv_safe *safe, const char *word)
{
	struct gv_drift_source *s = gv_drift_source_new();

	return s ? gv_drift_source_settle(
		       out, s, open_from(s, repo, rec, safe, word))
		 : gv_err_nomem();
}

void
gv_drift_source_close(struct gv_drift_source *s)
{
	struct gv_drift_source_private *p;
	size_t i;

	if (s == NULL)
		return;
	gv_drift_free(s->drift);
	p = s->private;
	for (i = 0; p && i < p->n_texts; i++) {
		explicit_bzero(p->texts[i].p, p->texts[i].len);
		gv_buf_release(&p->texts[i]);
	}
	if (p) {
		free(p->texts);
		free(p->envs);
		free(p->words);
		gv_drift_source_reveal_end(p);
		gv_accepted_release(&p->accepted);
		gv_arena_release(&p->arena);
		gv_team_rules_release(&p->rules);
		gv_envmap_free(p->then);
		gv_envmap_free(p->map);
		gv_index_close(p->index);
	}
	free(p);
	free(s);
}
