import numpy as np
import scipy.sparse as sp
from scheduler.optimise.solvers import LinearModel, Limits, Solver, solve
TIERS=((.7,0.),(.15,.05),(.1,.2),(.05,.5))

def prices_of(rate, use, cost, unserved, cls, grp, room, base, limits=None, tiers=TIERS):
    """use (pairs,R) unit-hours a job; rate (classes); room (groups,R) unit-hours per hour."""
    C=len(rate); P=len(cls); G,R=room.shape; T=len(tiers); M=G*R
    n=P+C+T*M
    big=np.maximum(room,1e-9)
    scaled=use/big[grp]
    pr,rr=np.nonzero(use)
    cst=np.concatenate([cost,unserved,*[k*(base*room).ravel() for _,k in tiers]])
    open_=np.where(room.ravel()>1e-6,1.,0.)
    up=np.concatenate([np.full(P+C,np.inf),*[w*open_ for w,_ in tiers]])
    m=np.arange(M)
    ri=np.concatenate([cls,np.arange(C),C+grp[pr]*R+rr,*[C+m]*T])
    ci=np.concatenate([np.arange(P+C),pr,*[P+C+t*M+m for t in range(T)]])
    va=np.concatenate([np.ones(P+C),scaled[pr,rr],-np.ones(T*M)])
    shut=((use>0)&(room[grp]<=1e-6)).any(1)
    up[:P][shut]=0; va[P+C:P+C+len(pr)][shut[pr]]=0
    A=sp.csr_matrix((va,(ri,ci)),shape=(C+M,n))
    lo=np.concatenate([rate,np.zeros(M)])
    s=solve(LinearModel(np.zeros(n),up,cst,lo,lo,A,np.zeros(n,bool)),Solver.GLOP,Limits())
    price=np.maximum(0,-s.reduced[P+C:P+C+M]).reshape(G,R)/big
    price[room<=1e-6]=base[room<=1e-6]
    return price,s.values[:P],s.values[P:P+C],s.objective
