#include "cre2.h"

#include <new>

#include <re2/re2.h>

namespace {

const int max_groups = 16;

const RE2 *
regexp(const cre2_regexp_t *re)
{
	return static_cast<const RE2 *>(re);
}

RE2::Options *
options(cre2_options_t *opt)
{
	return static_cast<RE2::Options *>(opt);
}

RE2::Anchor
anchor_of(cre2_anchor_t anchor)
{
	switch (anchor) {
	case CRE2_ANCHOR_START:
		return RE2::ANCHOR_START;
	case CRE2_ANCHOR_BOTH:
		return RE2::ANCHOR_BOTH;
	default:
		return RE2::UNANCHORED;
	}
}

} /* namespace */

cre2_options_t *
cre2_opt_new(void)
{
	return new (std::nothrow) RE2::Options();
}

void
cre2_opt_delete(cre2_options_t *opt)
{
	delete options(opt);
}

void
cre2_opt_set_log_errors(cre2_options_t *opt, int flag)
{
	options(opt)->set_log_errors(flag != 0);
}

void
cre2_opt_set_case_sensitive(cre2_options_t *opt, int flag)
{
	options(opt)->set_case_sensitive(flag != 0);
}

void
cre2_opt_set_encoding(cre2_options_t *opt, cre2_encoding_t encoding)
{
	options(opt)->set_encoding(encoding == CRE2_Latin1
		? RE2::Options::EncodingLatin1
		: RE2::Options::EncodingUTF8);
}

void
cre2_opt_set_never_nl(cre2_options_t *opt, int flag)
{
	options(opt)->set_never_nl(flag != 0);
}

void
cre2_opt_set_max_mem(cre2_options_t *opt, int64_t bytes)
{
	options(opt)->set_max_mem(bytes);
}

cre2_regexp_t *
cre2_new(const char *pattern, int length, const cre2_options_t *opt)
{
	re2::StringPiece text(pattern, static_cast<size_t>(length));

	return new (std::nothrow)
	    RE2(text, *static_cast<const RE2::Options *>(opt));
}

void
cre2_delete(cre2_regexp_t *re)
{
	delete regexp(re);
}

int
cre2_error_code(const cre2_regexp_t *re)
{
	return static_cast<int>(regexp(re)->error_code());
}

const char *
cre2_error_string(const cre2_regexp_t *re)
{
	return regexp(re)->error().c_str();
}

int
cre2_num_capturing_groups(const cre2_regexp_t *re)
{
	return regexp(re)->NumberOfCapturingGroups();
}

int
cre2_program_size(const cre2_regexp_t *re)
{
	return regexp(re)->ProgramSize();
}

int
cre2_match(const cre2_regexp_t *re, const char *text, int length, int start,
    int end, cre2_anchor_t anchor, cre2_string_t *match, int n)
{
	re2::StringPiece whole(text, static_cast<size_t>(length));
	re2::StringPiece groups[max_groups];

	if (n > max_groups)
		n = max_groups;
	if (!regexp(re)->Match(whole, static_cast<size_t>(start),
		static_cast<size_t>(end), anchor_of(anchor), groups, n))
		return 0;
	for (int i = 0; i < n; i++) {
		match[i].data = groups[i].data();
		match[i].length = static_cast<int>(groups[i].size());
	}
	return 1;
}
