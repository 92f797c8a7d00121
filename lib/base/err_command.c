#include "base/err_command.h"

#include <stdio.h>
#include <string.h>

enum {
	KEPT = 16,         /* messages with commands that count as new */
	COMMAND_MAX = 512, /* bytes of one, and of what stands behind it */
	TEXT_MAX = 4096
};

/* Stand around what a format has filled in; no message has them otherwise. */
#define BEGIN '\x01'
#define END   '\x02'

static _Thread_local char kept[KEPT][COMMAND_MAX];
static _Thread_local unsigned next;

void
gv_err_command_offer(const char *command)
{
	snprintf(kept[next], COMMAND_MAX, "%s", command);
	next = (next + 1) % KEPT;
}

bool
gv_err_is_command(const char *p, size_t len)
{
	bool is = false;
	unsigned i;

	if (len == 0 || len >= COMMAND_MAX)
		return false;
	for (i = 0; !is && i < KEPT; i++)
		is = strncmp(kept[i], p, len) == 0;
	return is;
}

/* How long a conversion of printf() is, from its '%' on. */
static size_t
conversion_len(const char *p)
{
	size_t n = 1 + strspn(p + 1, "-+ #0123456789.*hlLzjt");

	return p[n] ? n + 1 : n;
}

/* Copy the format with marks around each conversion: how many those are, or
 * -1 if there is no room. */
static int
add_marks(char *out, size_t size, const char *fmt)
{
	size_t n, at = 0;
	int count = 0;

	for (; *fmt; fmt += n) {
		const bool is = *fmt == '%' && fmt[1] != '%';

		n = *fmt != '%' ? 1 : is ? conversion_len(fmt) : 2;
		if (at + n + 3 > size)
			return -1;
		if (is)
			out[at++] = BEGIN;
		memcpy(out + at, fmt, n);
		at += n;
		if (is)
			out[at++] = END;
		count += is;
	}
	out[at] = '\0';
	return count;
}

static int
count(const char *text, char c)
{
	int n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

/* Whether a command begins here; a mark in it is no letter. */
static bool
is_begun(const char *p)
{
	size_t n;

	if (strncmp(p, "git ", 4) != 0)
		return false;
	n = strspn(p + 4, "abcdefghijklmnopqrstuvwxyz-");
	return n > 0 && p[4 + n] == ' ';
}

/* Remember the rest of the message from a command on, without marks. */
static void
offer_rest(const char *p)
{
	char text[COMMAND_MAX];
	size_t n = 0;

	for (; *p && n + 1 < sizeof(text); p++)
		if (*p != BEGIN && *p != END)
			text[n++] = *p;
	text[n] = '\0';
	gv_err_command_offer(text);
}

void
gv_err_command_note(const char *fmt, va_list ap)
{
	char marked[TEXT_MAX], text[TEXT_MAX];
	const char *p;
	int n, inside = 0;

	if (strstr(fmt, "git ") == NULL ||
	    (n = add_marks(marked, sizeof(marked), fmt)) < 0)
		return;
	vsnprintf(text, sizeof(text), marked, ap);
	/* a name with such a byte could feign its own end */
	if (count(text, BEGIN) != n || count(text, END) != n)
		return;
	for (p = text; *p; p++) {
		inside += (*p == BEGIN) - (*p == END);
		if (inside == 0 && is_begun(p))
			offer_rest(p);
	}
}
