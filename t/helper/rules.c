#include "helper/rules.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "scan/rule.h"

struct names {
	char **items;
	size_t n, cap;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of its YAML files, sorted. */
static int
list(struct names *out, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = 0;

	if (d == NULL)
		return gv_err(GV_ENOTFOUND, "no rules at %s", dir);
	while (r == 0 && (e = readdir(d)) != NULL) {
		const size_t len = strlen(e->d_name);

		if (len < 6 || strcmp(e->d_name + len - 5, ".yaml") != 0)
			continue;
		if ((r = GV_GROW(out->items, out->n, out->cap)) == 0 &&
		    (out->items[out->n++] = strdup(e->d_name)) == NULL)
			r = gv_err_nomem();
	}
	closedir(d);
	if (r == 0 && out->n == 0)
		r = gv_err(GV_ENOTFOUND, "no rules at %s", dir);
	if (r == 0)
		qsort(out->items, out->n, sizeof(*out->items), compare);
	return r;
}

static int
load(struct gv_rules *rules, const char *dir, const char *name)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char piece[4096];
	FILE *f;
	size_t n;
	int r;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((f = fopen(path.p, "rb")) == NULL) {
		r = gv_err_sys("cannot open %s", path.p);
		goto out;
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		gv_buf_add(&text, piece, n);
	fclose(f);
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_rule_parse(rules, name, text.p, text.len);
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
rules_load(struct gv_rules *rules, const char *dir)
{
	const char *top = getenv("GIT_VAULT_SRC_DIR");
	struct names names = { 0 };
	char ours[4096];
	size_t i;
	int r;

	if (dir == NULL) {
		snprintf(ours, sizeof(ours), "%s/share/git-vault/rules",
		    top ? top : ".");
		dir = ours;
	}
	r = list(&names, dir);
	for (i = 0; i < names.n; i++) {
		if (r == 0)
			r = load(rules, dir, names.items[i]);
		free(names.items[i]);
	}
	free(names.items);
	return r;
}
