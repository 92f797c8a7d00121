" Tells git vault watch of each file that is written. See git-vault-watch(1).

if exists('g:loaded_git_vault')
	finish
endif
let g:loaded_git_vault = 1

function! s:Poke(file) abort
	let l:words = ['git', 'vault', '-q', 'watch', 'poke', a:file]
	if &buftype !=# '' || a:file =~# '^\a\+://'
		return
	elseif has('nvim')
		call jobstart(l:words, {'detach': v:true})
	elseif has('job')
		let l:quiet = {'in_io': 'null', 'out_io': 'null', 'err_io': 'null'}
		call job_start(l:words, extend(l:quiet, {'stoponexit': ''}))
	endif
endfunction

augroup git_vault
	autocmd!
	autocmd BufWritePost * call s:Poke(expand('<afile>:p'))
augroup END
