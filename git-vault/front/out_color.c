#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "git-vault/front/out_internal.h"
#include "repo/repo.h"
#include "sys/tty.h"

/* The slots by their name in color.vault.<slot>, and their colours. All can be
 * read on black and on white: 130 is a brown, 30 a dark cyan. */
static const struct {
	const char *key, *usual;
} slots[GV_OUT_SLOTS] = {
	[GV_OUT_PLAIN] = { "color.vault.plain", "" },
	[GV_OUT_HEAD] = { "color.vault.head", "bold" },
	[GV_OUT_ID] = { "color.vault.id", "130" },
	[GV_OUT_TAG] = { "color.vault.tag", "30" },
	[GV_OUT_DIM] = { "color.vault.dim", "dim" },
	[GV_OUT_ADDED] = { "color.vault.added", "green" },
	[GV_OUT_REMOVED] = { "color.vault.removed", "red" },
	[GV_OUT_CHANGED] = { "color.vault.changed", "magenta" },
};

/* Words of Git's colour values; the number is what a terminal takes. */
static const struct {
	const char *word;
	int code;
} attributes[] = { { "reset", 0 }, { "bold", 1 }, { "dim", 2 }, { "italic", 3 },
	{ "ul", 4 }, { "blink", 5 }, { "reverse", 7 }, { "strike", 9 },
	{ "nobold", 22 }, { "nodim", 22 }, { "noitalic", 23 }, { "noul", 24 },
	{ "noblink", 25 }, { "noreverse", 27 }, { "nostrike", 29 } };

static const char *const names[] = { "black", "red", "green", "yellow", "blue",
	"magenta", "cyan", "white", NULL, "default" };

/* One colour, as the foreground (base 30) or the background (40); the text
 * that a terminal takes, or false if it is not a colour. */
static bool
parse_color(char out[GV_OUT_COLOR_MAX], const char *word, int base)
{
	bool bright = strncasecmp(word, "bright", 6) == 0;
	unsigned r, g, b;
	size_t i;
	char *end;
	long n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] &&
		    strcasecmp(bright ? word + 6 : word, names[i]) == 0) {
			snprintf(out, GV_OUT_COLOR_MAX, "%d",
			    base + (bright ? 60 : 0) + (int)i);
			return true;
		}
	if (strlen(word) == 7 && sscanf(word, "#%2x%2x%2x", &r, &g, &b) == 3) {
		snprintf(
		    out, GV_OUT_COLOR_MAX, "%d;2;%u;%u;%u", base + 8, r, g, b);
		return true;
	}
	n = strtol(word, &end, 10);
	if (end == word || *end || n < 0 || n > 255)
		return false;
	snprintf(out, GV_OUT_COLOR_MAX, "%d;5;%ld", base + 8, n);
	return true;
}

static bool
parse_attribute(char out[GV_OUT_COLOR_MAX], const char *word)
{
	char joined[16];
	size_t i;

	if (strncasecmp(word, "no-", 3) == 0 && strlen(word) < sizeof(joined)) {
		snprintf(joined, sizeof(joined), "no%s", word + 3);
		word = joined;
	}
	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (strcasecmp(word, attributes[i].word) == 0) {
			snprintf(
			    out, GV_OUT_COLOR_MAX, "%d", attributes[i].code);
			return true;
		}
	return false;
}

/* A value such as "bold red blue": attributes, foreground, background. */
static bool
parse_value(char out[GV_OUT_COLOR_MAX], const char *value)
{
	char words[64], part[GV_OUT_COLOR_MAX], *word, *save = NULL;
	struct gv_buf b = GV_BUF_INIT;
	int base = 30;
	bool good = strlen(value) < sizeof(words);

	snprintf(words, sizeof(words), "%s", value);
	word = strtok_r(words, " \t", &save);
	for (; good && word; word = strtok_r(NULL, " \t", &save)) {
		bool normal =
		    strcasecmp(word, "normal") == 0 || strcmp(word, "-1") == 0;

		if (normal && base <= 40) {
			base += 10;
		} else if (parse_attribute(part, word)) {
			gv_buf_addf(&b, "%s%s", b.len ? ";" : "", part);
		} else if (base <= 40 && parse_color(part, word, base)) {
			gv_buf_addf(&b, "%s%s", b.len ? ";" : "", part);
			base += 10;
		} else {
			good = false;
		}
	}
	good = good && !b.failed && b.len + 4 < GV_OUT_COLOR_MAX;
	if (good && b.len)
		snprintf(out, GV_OUT_COLOR_MAX, "\033[%sm", b.p);
	else if (good)
		out[0] = '\0';
	gv_buf_release(&b);
	return good;
}

void
gv_out_load_colors(struct gv_out *o, const struct gv_config *c)
{
	size_t i;

	if (!o->color_out && !o->color_err && !o->color_diff)
		return;
	for (i = 0; i < GV_OUT_SLOTS; i++) {
		const char *set = c ? gv_config_get(c, slots[i].key) : NULL;

		if (set == NULL || !parse_value(o->colors[i], set))
			parse_value(o->colors[i], slots[i].usual);
	}
}

enum { NEVER, ALWAYS, AUTO };

static int
configured(const struct gv_config *c, const char *key, int fallback)
{
	const char *v = gv_config_get(c, key);

	if (v == NULL)
		return fallback;
	if (strcasecmp(v, "always") == 0)
		return ALWAYS;
	if (strcasecmp(v, "never") == 0)
		return NEVER;
	if (strcasecmp(v, "auto") == 0)
		return AUTO;
	return gv_config_bool(c, key, true) ? AUTO : NEVER;
}

static bool
is_colored(int when, bool shows)
{
	return when == ALWAYS ||
	    (when == AUTO && shows && !gv_tty_is_dumb() &&
		!gv_tty_refuses_color());
}

void
gv_out_choose_color(struct gv_out *o, const struct gv_config *c)
{
	int when = o->opts.color, diff = when;
	bool shows = gv_tty_is(1) ||
	    (gv_tty_is_paged() && gv_config_bool(c, "color.pager", true));

	if (when < 0) {
		when = configured(
		    c, "color.vault", configured(c, "color.ui", AUTO));
		diff = configured(c, "color.diff", when);
	}
	o->color_out = is_colored(when, shows);
	o->color_diff = is_colored(diff, shows);
	o->color_err = is_colored(when, gv_tty_is(2));
}

void
gv_out_add_colored(const struct gv_out *o, struct gv_buf *out,
    enum gv_out_slot slot, const char *text, size_t len)
{
	bool colored = o->color_out && o->colors[slot][0] && len;

	if (colored)
		gv_buf_addstr(out, o->colors[slot]);
	gv_buf_add(out, text, len);
	if (colored)
		gv_buf_addstr(out, "\033[m");
}

void
gv_out_pass_patch(struct gv_out *o, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *eol;

	for (; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			break;
		gv_out_pass_line(o,
		    *p == '+'       ? GV_OUT_ADDED
			: *p == '-' ? GV_OUT_REMOVED
				    : GV_OUT_PLAIN,
		    p, (size_t)(eol - p));
	}
}
