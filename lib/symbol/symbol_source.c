#include "symbol/symbol_internal.h"

#include <string.h>

static bool
begins(const char *p, size_t len, const char *word)
{
	const size_t n = strlen(word);

	return len >= n && memcmp(p, word, n) == 0;
}

/* Take this much off the front. */
static void
drop(struct gv_buf *text, size_t n)
{
	memmove(text->p, text->p + n, text->len - n);
	gv_buf_truncate(text, text->len - n);
}

static bool
drop_word(struct gv_buf *text, const char *word)
{
	if (!begins(text->p, text->len, word))
		return false;
	drop(text, strlen(word));
	return true;
}

void
gv_symbol_path(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *path)
{
	static const char *const own[] = { "${path.module}/", "${path.root}/",
		"${path.cwd}/", "${get_terragrunt_dir()}/",
		"{{ playbook_dir }}/", "{{playbook_dir}}/", "./" };
	struct gv_symbol_row add = *row;
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		drop_word(path, own[i]);
	if (drop_word(path, "${get_repo_root()}/") ||
	    drop_word(path, "${get_path_to_repo_root()}/"))
		add.flags |= GV_SYMBOL_TOP;
	if (path->len == 0)
		gv_buf_addch(path, '.');
	if (gv_symbol_fold(path))
		add.flags |= GV_SYMBOL_PATTERN;
	add.kind = GV_SYMBOL_REFERENCE;
	add.how = add.how == GV_SYMBOL_BY_PARENT ? add.how : GV_SYMBOL_BY_PATH;
	add.name = path->p;
	add.name_len = path->len;
	if (path->failed)
		out->failed = true;
	else
		gv_symbol_add(out, &add);
}

/* ---- addresses ----------------------------------------------------------- */

/* The version that a query names: ?ref=v1, ?depth=1&tag=v1. It is cut off. */
static bool
take_version(struct gv_buf *version, struct gv_buf *source)
{
	static const char *const keys[] = {
		"ref=", "tag=", "version=", "branch="
	};
	const char *query = memchr(source->p, '?', source->len);
	const char *p, *end;
	size_t i, n;

	if (query == NULL)
		return false;
	n = source->len - (size_t)(query - source->p);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		p = memmem(query, n, keys[i], strlen(keys[i]));
		if (p == NULL || (p[-1] != '?' && p[-1] != '&'))
			continue;
		p += strlen(keys[i]);
		end = memchr(p, '&', n - (size_t)(p - query));
		gv_buf_add(version, p,
		    end ? (size_t)(end - p) : n - (size_t)(p - query));
		break;
	}
	gv_buf_truncate(source, (size_t)(query - source->p));
	return version->len > 0;
}

bool
gv_symbol_find_user(size_t *from, size_t *to, const char *p, size_t len)
{
	const char *mark = len ? memmem(p, len, "://", 3) : NULL;
	const char *begin, *end, *at;

	if (mark == NULL)
		return false;
	begin = mark + 3;
	for (end = begin; end < p + len && !strchr("/?# ", *end);)
		end++;
	at = memrchr(begin, '@', (size_t)(end - begin));
	if (at == NULL)
		return false;
	*from = (size_t)(begin - p);
	*to = (size_t)(at + 1 - p);
	return true;
}

void
gv_symbol_drop_user(struct gv_buf *source)
{
	size_t from, to;

	if (!gv_symbol_find_user(&from, &to, source->p, source->len))
		return;
	memmove(source->p + from, source->p + to, source->len - to);
	gv_buf_truncate(source, source->len - (to - from));
}

/* What kind of address it is. */
static const char *
scheme_of(struct gv_buf *source)
{
	static const char *const hosts[] = { "github.com/", "bitbucket.org/",
		"gitlab.com/", "git@" };
	const char *p = source->p;
	size_t i, colons;

	if (drop_word(source, "git::") || begins(p, source->len, "git+"))
		return "git:";
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (begins(p, source->len, hosts[i]))
			return "git:";
	if (drop_word(source, "tfr://"))
		return "registry:";
	if (begins(p, source->len, "oci://")) {
		drop(source, 6);
		return "oci:";
	}
	if (memmem(p, source->len, ".git", 4) ||
	    begins(p, source->len, "ssh://") ||
	    begins(p, source->len, "git://"))
		return "git:";
	if (begins(p, source->len, "https://") ||
	    begins(p, source->len, "http://"))
		return "";
	colons = 0;
	for (i = 0; i < source->len; i++)
		colons += p[i] == ':';
	return colons ? "" : "registry:";
}

/* A module of a registry is NAMESPACE/NAME/PROVIDER; before Terraform 0.12 any
 * other word was a folder. */
static bool
is_plain_folder(const struct gv_buf *source)
{
	size_t slashes = 0, i;

	for (i = 0; i < source->len; i++) {
		if (strchr(":.$?@", source->p[i]))
			return false;
		slashes += source->p[i] == '/';
	}
	return slashes < 2;
}

static bool
is_path(const struct gv_buf *source)
{
	return is_plain_folder(source) ||
	    begins(source->p, source->len, "./") ||
	    begins(source->p, source->len, "../") || source->p[0] == '/' ||
	    (source->len == 1 && source->p[0] == '.') ||
	    (source->len == 2 && memcmp(source->p, "..", 2) == 0) ||
	    begins(source->p, source->len, "${path.module}/") ||
	    begins(source->p, source->len, "${get_terragrunt_dir()}/") ||
	    begins(source->p, source->len, "${get_repo_root()}/");
}

void
gv_symbol_source(struct gv_symbols *out, const struct gv_symbol_row *row,
    struct gv_buf *source)
{
	struct gv_symbol_row add = *row;
	struct gv_buf version = GV_BUF_INIT, name = GV_BUF_INIT;

	if (is_path(source)) {
		add.flags |= GV_SYMBOL_FOLDER;
		gv_symbol_path(out, &add, source);
		return;
	}
	gv_symbol_drop_user(source);
	if (take_version(&version, source)) {
		add.extra = version.p;
		add.extra_len = version.len;
	}
	gv_buf_addstr(&name, scheme_of(source));
	gv_buf_add(&name, source->p, source->len);
	if (gv_symbol_fold(&name))
		add.flags |= GV_SYMBOL_PATTERN;
	add.kind = GV_SYMBOL_REFERENCE;
	add.how = GV_SYMBOL_EXTERNAL;
	add.name = name.p;
	add.name_len = name.len;
	if (name.failed || version.failed)
		out->failed = true;
	else
		gv_symbol_add(out, &add);
	gv_buf_release(&name);
	gv_buf_release(&version);
}
