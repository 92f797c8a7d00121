# git vault through fish's completion of git: fish 3.6 looks for the completion
# of git-vault under a wrong name.

function __git_vault_through_git
    set -l words (commandline -opc)
    set -l at (contains -i -- vault $words)
    set -l dirs
    set -l i 2
    while test $i -lt $at
        test "$words[$i]" = -C
        and set -a dirs -C $words[(math $i + 1)]
        set i (math $i + 1)
    end
    set -e words[1..$at]
    set words (string escape -- $dirs $words) ''
    complete -C "git-vault "(string join ' ' -- $words)(commandline -ct)
end

complete -c git -f -k -n 'functions -q __fish_git_using_command; and __fish_git_using_command vault' -a '(__git_vault_through_git)'
