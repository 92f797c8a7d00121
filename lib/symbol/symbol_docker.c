#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * Dockerfiles: images and stages, names that a build takes, and the files that
 * go into the image. Their paths are from the folder that is built, which is
 * taken for that of the file: another one is for who knows the build.
 */

#define STAGES_MOST 256 /* that are known by their names */

struct image {
	struct gv_symbol_writer w;
	uint32_t stages[STAGES_MOST]; /* definitions */
	size_t n;
};

/* The name of a stage is not told apart by its case. */
static void
lower(struct gv_buf *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		if (text->p[i] >= 'A' && text->p[i] <= 'Z')
			text->p[i] += 'a' - 'A';
}

static bool
is_flag(const struct gv_doc *doc, uint32_t node)
{
	return doc->nodes[node].len > 2 &&
	    memcmp(doc->text + doc->nodes[node].at, "--", 2) == 0;
}

/* Which instruction it is, in any case. */
static bool
is_instruction(const struct gv_doc *doc, uint32_t node, const char *word)
{
	const struct gv_doc_node *n = &doc->nodes[node];
	size_t i;

	if (n->kind != GV_DOC_BLOCK || n->key_len != strlen(word))
		return false;
	for (i = 0; i < n->key_len; i++)
		if ((doc->text[n->key_at + i] & ~0x20) != word[i])
			return false;
	return true;
}

/* The words of an instruction behind its flags: the next one. */
static uint32_t
next_word(struct gv_symbol_writer *w, uint32_t block, uint32_t node)
{
	node = node == GV_DOC_NONE ? gv_symbol_first(w, block)
				   : gv_symbol_next(w, block, node);
	while (node != GV_DOC_NONE && is_flag(w->doc, node))
		node = gv_symbol_next(w, block, node);
	return node;
}

/* ---- stages -------------------------------------------------------------- */

/* Whether a name is what a pattern with '*' in it says: what is behind a '*' is
 * looked for once, from where it was found last. */
static bool
matches(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			from = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* The number that `text` is, or SIZE_MAX. */
static size_t
number_in(const struct gv_buf *text)
{
	size_t number = 0, i;

	if (text->len == 0 || text->len > 3)
		return SIZE_MAX;
	for (i = 0; i < text->len; i++) {
		if (text->p[i] < '0' || text->p[i] > '9')
			return SIZE_MAX;
		number = number * 10 + (size_t)(text->p[i] - '0');
	}
	return number;
}

/* The stage that `text` names, by its name, by its number, or, where parts of
 * it are computed, any that it may be: then its name is left as it is. */
static bool
is_stage(struct image *in)
{
	struct gv_symbol_writer *w = &in->w;
	const struct gv_symbols *all = w->out;
	const size_t number = number_in(&w->text);
	struct gv_buf pattern = GV_BUF_INIT;
	bool found = false;
	size_t i;

	if (number < in->n) {
		const struct gv_symbol *s = &all->items[in->stages[number]];

		gv_symbol_take_bytes(w, all->text.p + s->name.at, s->name.len);
		return true;
	}
	gv_buf_add(&pattern, w->text.p, w->text.len);
	lower(&pattern);
	gv_symbol_fold_shell(&pattern);
	/* computed from its beginning: rather an image */
	for (i = 0; i < in->n && pattern.p[0] != '*' && !found; i++)
		found = matches(pattern.p,
		    gv_symbol_text(all, &all->items[in->stages[i]].name));
	w->out->failed |= pattern.failed;
	gv_buf_release(&pattern);
	return found;
}

static void
refer_stage(struct gv_symbol_writer *w, enum gv_symbol_edge edge)
{
	lower(&w->text);
	gv_symbol_refer_name(w, edge, GV_SYMBOL_SPACE_DOCKER_STAGE, 0);
}

/* FROM IMAGE [AS NAME]; `number` is that of the stage. */
static void
of_from(struct image *in, uint32_t block, size_t number)
{
	struct gv_symbol_writer *w = &in->w;
	const uint32_t image = next_word(w, block, GV_DOC_NONE);
	uint32_t name, as;
	bool from_stage;

	if (image == GV_DOC_NONE || !gv_symbol_take(w, image))
		return;
	from_stage = is_stage(in);
	w->in = GV_SYMBOL_NONE;
	as = next_word(w, block, image);
	name = as == GV_DOC_NONE ? as : next_word(w, block, as);
	w->line = gv_symbol_line(w->doc, block);
	if (name == GV_DOC_NONE || !gv_symbol_take(w, name)) {
		gv_buf_reset(&w->text);
		gv_buf_addf(&w->text, "%zu", number);
	}
	lower(&w->text);
	w->in = gv_symbol_define(w, GV_SYMBOL_SPACE_DOCKER_STAGE, 0);
	if (in->n < STAGES_MOST && w->in != GV_SYMBOL_NONE)
		in->stages[in->n++] = w->in;
	gv_symbol_take(w, image);
	if (gv_symbol_text_is(w, "scratch"))
		return;
	if (from_stage)
		refer_stage(w, GV_SYMBOL_EDGE_DOCKER_FROM);
	else
		gv_symbol_refer_image(w, GV_SYMBOL_EDGE_DOCKER_FROM, 0);
}

/* ---- files --------------------------------------------------------------- */

/* Whether it is often made before the image is built: what is in a folder that
 * builds fill, an archive, a program. */
static bool
is_built(const struct gv_symbol_writer *w)
{
	static const char *const folders[] = { "target/", "dist/", "build/",
		"bin/", "out/", "node_modules/", "_output/", "tmp/" };
	static const char *const endings[] = { ".zip", ".jar", ".war", ".ear",
		".gz", ".tgz", ".xz", ".bz2", ".tar", ".rpm", ".deb", ".whl",
		".exe", ".bin", ".so" };
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (gv_symbol_text_begins(w, folders[i]))
			return true;
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (gv_symbol_text_ends(w, endings[i]))
			return true;
	return strpbrk(w->text.p, "./") == NULL;
}

/* A source of COPY or ADD, or of a mount. */
static void
add_source(struct gv_symbol_writer *w)
{
	unsigned flags = 0;
	size_t n = 0;

	if (gv_symbol_text_begins(w, "<<"))
		return;
	if (memmem(w->text.p, w->text.len, "://", 3) ||
	    gv_symbol_text_begins(w, "git@")) {
		gv_symbol_refer_source(w, GV_SYMBOL_EDGE_DOCKER_COPY, 0);
		return;
	}
	/* "/x" is from the folder that is built, too */
	while (n < w->text.len &&
	    (w->text.p[n] == '/' ||
		(w->text.p[n] == '.' && n + 1 < w->text.len &&
		    w->text.p[n + 1] == '/')))
		n++;
	memmove(w->text.p, w->text.p + n, w->text.len - n);
	gv_buf_truncate(&w->text, w->text.len - n);
	if (w->text.len == 0)
		gv_buf_addch(&w->text, '.');
	if (gv_symbol_text_is(w, ".") || gv_symbol_text_ends(w, "/"))
		flags |= GV_SYMBOL_FOLDER;
	if (strpbrk(w->text.p, "*?["))
		flags |= GV_SYMBOL_PATTERN;
	if (is_built(w))
		flags |= GV_SYMBOL_ELSEWHERE;
	/* nothing is known of what is computed as a whole */
	if (w->text.p[0] != '$' || memchr(w->text.p, '/', w->text.len))
		gv_symbol_refer_path(w, GV_SYMBOL_EDGE_DOCKER_COPY, flags);
}

/* The value behind "--NAME=" of a flag, in `text`. */
static bool
take_flag(struct gv_symbol_writer *w, uint32_t node, const char *name)
{
	const size_t n = strlen(name);

	if (!gv_symbol_take(w, node) || !gv_symbol_text_begins(w, name))
		return false;
	memmove(w->text.p, w->text.p + n, w->text.len - n);
	gv_buf_truncate(&w->text, w->text.len - n);
	return w->text.len > 0;
}

static void
refer_other(struct image *in)
{
	if (is_stage(in))
		refer_stage(&in->w, GV_SYMBOL_EDGE_DOCKER_COPY);
	else
		gv_symbol_refer_image(&in->w, GV_SYMBOL_EDGE_DOCKER_COPY, 0);
}

/* COPY [--from=X] SOURCE … TARGET */
static void
of_copy(struct image *in, uint32_t block)
{
	struct gv_symbol_writer *w = &in->w;
	uint32_t i, next;

	for (i = gv_symbol_first(w, block); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, block, i))
		if (take_flag(w, i, "--from=")) {
			refer_other(in);
			return;
		}
	for (i = next_word(w, block, GV_DOC_NONE); i != GV_DOC_NONE; i = next) {
		next = next_word(w, block, i);
		if (next != GV_DOC_NONE && gv_symbol_take(w, i))
			add_source(w);
	}
}

/* The value of NAME=value in a list with commas. */
static bool
cut_value(
    struct gv_symbol_writer *w, const struct gv_buf *list, const char *name)
{
	const size_t n = strlen(name);
	const char *p = list->p, *end;

	while ((p = memmem(p, list->len - (size_t)(p - list->p), name, n))) {
		if (p > list->p && p[-1] != ',') {
			p += n;
			continue;
		}
		p += n;
		end = memchr(p, ',', list->len - (size_t)(p - list->p));
		gv_symbol_take_bytes(w, p,
		    end ? (size_t)(end - p)
			: list->len - (size_t)(p - list->p));
		return w->text.len > 0;
	}
	return false;
}

/* RUN --mount=type=bind,source=x,target=/y */
static void
of_run(struct image *in, uint32_t block)
{
	struct gv_symbol_writer *w = &in->w;
	struct gv_buf mount = GV_BUF_INIT;
	uint32_t i;

	for (i = gv_symbol_first(w, block); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, block, i)) {
		if (!is_flag(w->doc, i) || !take_flag(w, i, "--mount="))
			continue;
		gv_buf_reset(&mount);
		gv_buf_add(&mount, w->text.p, w->text.len);
		if (cut_value(w, &mount, "from="))
			refer_other(in);
		else if (!memmem(mount.p, mount.len, "type=cache", 10) &&
		    !memmem(mount.p, mount.len, "type=secret", 11) &&
		    !memmem(mount.p, mount.len, "type=ssh", 8) &&
		    !memmem(mount.p, mount.len, "type=tmpfs", 10) &&
		    (cut_value(w, &mount, "source=") ||
			cut_value(w, &mount, "src=")))
			add_source(w);
	}
	w->out->failed |= mount.failed;
	gv_buf_release(&mount);
}

/* ARG NAME[=value], ENV NAME=value … */
static void
of_names(struct gv_symbol_writer *w, uint32_t block, bool is_env)
{
	uint32_t i;

	for (i = gv_symbol_first(w, block); i != GV_DOC_NONE;
	     i = gv_symbol_next(w, block, i))
		if (gv_symbol_take_key(w, i))
			gv_symbol_define(w, GV_SYMBOL_SPACE_DOCKER_ARG,
			    is_env || w->doc->nodes[i].len ? GV_SYMBOL_DEFAULT
							   : 0);
}

void
gv_symbol_docker(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t root)
{
	struct image in = { .n = 0 };
	size_t stages = 0;
	uint32_t i;

	gv_symbol_writer_init(&in.w, out, doc);
	in.w.is_shell = true;
	for (i = gv_symbol_first(&in.w, root); i != GV_DOC_NONE;
	     i = gv_symbol_next(&in.w, root, i)) {
		if (is_instruction(doc, i, "FROM"))
			of_from(&in, i, stages++);
		else if (is_instruction(doc, i, "COPY") ||
		    is_instruction(doc, i, "ADD"))
			of_copy(&in, i);
		else if (is_instruction(doc, i, "RUN"))
			of_run(&in, i);
		else if (is_instruction(doc, i, "ARG"))
			of_names(&in.w, i, false);
		else if (is_instruction(doc, i, "ENV"))
			of_names(&in.w, i, true);
	}
	gv_symbol_writer_release(&in.w);
}
